//! Twenty turns of one session: tokens prefilled against tokens that are new.

use handyman::prelude::*;
use handyman::{Discard, Message, Model, ReplyBody, Role, SessionId};

use crate::rows::{ratio, row};
use crate::{Outcome, ask};

pub(crate) async fn measure() -> Outcome<()> {
    let model = LocalModel::builtin().await?;
    let (session, mut history) = (SessionId::from("turns"), Vec::new());
    let (mut prefilled, mut recomputed) = (0, 0);
    for turn in 0..20 {
        history.push(Message::text_of(Role::User, format!("What about number {turn}?")));
        let reply = model.reply(ask(&session, &history, 16), &Discard).await?;
        prefilled += reply.usage.prefilled;
        recomputed += reply.usage.recomputed;
        let (ReplyBody::Said { text, .. } | ReplyBody::Malformed { text, .. }) = reply.body;
        history.push(Message::text_of(Role::Assistant, text));
    }
    let new = prefilled - recomputed;
    row(
        "tokens prefilled / new over 20 turns",
        &ratio(prefilled as f64, new as f64),
        "1.00",
        &format!("{prefilled} / {new}"),
    );
    Ok(())
}
