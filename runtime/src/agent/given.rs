//! What a program gives to the tools of its agent.

use std::any::Any;

use handyman_core::Given;

use super::Agent;

impl Agent {
    /// Gives its tools a value, which they take by its type: who the person is, a connection, a tenant's settings. The
    /// model knows nothing of it. The later one of a type counts. An agent that a task is handed on to has it too, unless
    /// it was given one of that type itself.
    ///
    /// Cloning an agent is cheap, so that one serves many people:
    ///
    /// ```
    /// # use handyman_core::{Fault, ToolResult, tool};
    /// # use handyman_runtime::{Agent, ScriptModel};
    /// struct Customer {
    ///     name: String,
    /// }
    ///
    /// /// The open orders of the person.
    /// #[tool(read_only)]
    /// async fn list_orders(#[given] customer: &Customer) -> ToolResult<String> {
    ///     Ok(format!("{} has no open orders", customer.name))
    /// }
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Fault> {
    /// # let script = r#"{"calls": [{"tool": "list_orders"}]}
    /// # {"text": "There are none."}"#;
    /// let agent = Agent::new(ScriptModel::parse(script)?).tool(list_orders);
    /// for name in ["Ann", "Bo"] {
    ///     let run = agent.clone().with(Customer { name: name.to_owned() }).run("What is on order?").await?;
    ///     assert_eq!(run.done()[0].result, format!("{name} has no open orders"));
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// No journal has it: whoever resumes a run gives it again.
    #[must_use]
    pub fn with<T: Any + Send + Sync>(mut self, value: T) -> Self {
        self.given = self.given.with(value);
        self
    }

    /// The same agent, which also gives its tools these values, but for those of whose type it has one.
    pub(crate) fn also_given(mut self, others: &Given) -> Self {
        self.given = self.given.over(others);
        self
    }
}

#[cfg(test)]
mod tests;
