//! `handyman model info`.

use std::process::ExitCode;

use crate::args::ModelCommand;
use crate::problem::Problem;
use crate::settings;
use crate::show;

pub(crate) async fn dispatch(command: ModelCommand) -> Result<ExitCode, Problem> {
    match command {
        ModelCommand::Info { model } => info(model.as_deref()).await,
    }
}

async fn info(file: Option<&str>) -> Result<ExitCode, Problem> {
    use handyman::Model;
    let model = settings::local_model(file).await?;
    let info = model.info();
    show::line(&format!("name     {}", info.name));
    show::line(&format!("sha256   {}", info.sha256));
    Ok(ExitCode::SUCCESS)
}
