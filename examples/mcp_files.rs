//! An agent over an MCP server: any server, one line. Its tools are `once` until we declare them.
//!
//! `cargo run --release --features mcp --example mcp_files -- "npx -y @modelcontextprotocol/server-filesystem ." read_text_file '{"path": "README.md"}'`
//! In a crate of its own the script that plays the model needs the feature `testing` as well.

use std::sync::Arc;

use handyman::core::testing::ScriptedModel;
use handyman::prelude::*;
use handyman::tools::mcp::{Launch, Listening, Server};
use handyman::{Effect, Toolbox};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().ok_or("name a server: the command that starts it, or its URL")?;
    let tool = arguments.next().ok_or("name a tool that only reads")?;
    let call = serde_json::from_str(&arguments.next().unwrap_or_else(|| "{}".to_owned()))?;

    let mut launch = Launch::of_command_line(&command)?;
    launch.effects.insert(tool.clone(), Effect::ReadOnly); // we have looked at it: it only reads
    let server = Arc::new(Server::connect("files", &launch, Listening::default()).await?);
    let tools = Toolbox::new().with_all(server.tools().await?)?;

    // A script plays the model; `LocalModel::load(…)` in its place makes it an agent of its own.
    let model = ScriptedModel::new([ScriptedModel::call(&tool, call), ScriptedModel::answer("Here it is.")]);
    let run = Agent::new(model).toolbox(tools).run("Read it").await?;
    for result in run.history().iter().flat_map(|message| message.results()) {
        println!("{:?}: {}", result.outcome, result.result);
    }
    println!("{}", run.answer());
    Ok(())
}
