//! The environment variables that are read and the exit status, for the help.

/// What is read from the environment, and what for.
const READ: &[(&str, &str)] = &[
    ("HANDYMAN_HOME", "the data folder: journal, sandbox world, saved KV caches"),
    ("XDG_DATA_HOME, LOCALAPPDATA", "where the data folder is if HANDYMAN_HOME is not set"),
    ("HANDYMAN_API_KEY", "key of the endpoint that --model names"),
    ("OPENAI_API_KEY", "the same, for https://api.openai.com/ alone"),
    #[cfg(feature = "services")]
    ("HANDYMAN_BRAVE_KEY", "key of --search brave"),
    #[cfg(feature = "services")]
    ("HANDYMAN_TAVILY_KEY", "key of --search tavily"),
    #[cfg(feature = "services")]
    ("HANDYMAN_BOOKING_TOKEN", "token of --booking"),
    #[cfg(feature = "services")]
    ("HANDYMAN_SERVE_KEY", "key that clients of `serve agent` have to send"),
    #[cfg(feature = "services")]
    ("HANDYMAN_SMTP_PASSWORD", "password of --smtp"),
    #[cfg(feature = "services")]
    ("HANDYMAN_OPENAPI_FILE_NAME", "secret of the security scheme NAME of the --openapi document FILE"),
    ("HF_TOKEN", "token for models of the Hugging Face hub that are not public"),
    ("HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME", "where pulled models are kept"),
    ("HF_ENDPOINT", "address of the hub"),
    ("HF_HUB_OFFLINE", "1: use no network for models"),
    ("HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "proxies"),
    ("TMPDIR", "where the built-in model is unpacked"),
    ("TZ", "the time zone of the clock"),
];

/// How a process of this command ends.
const STATUS: &[(&str, &str)] = &[
    ("0", "done; a run has ended with an answer or a question"),
    ("1", "something failed; a case of an evaluation has not passed, a replay went another way"),
    ("2", "the arguments, or the request, are wrong, or name something that is not there"),
    ("3", "a person has to decide, or a run has reached a limit"),
    ("130", "Ctrl-C has ended it"),
];

/// All of both, one a line.
pub(super) fn table_and_status() -> String {
    format!("Environment variables:\n{}\n\nExit status:\n{}", table(READ), table(STATUS))
}

fn table(all: &[(&str, &str)]) -> String {
    let width = all.iter().map(|(names, _)| names.len()).max().unwrap_or_default();
    let rows: Vec<String> =
        all.iter().map(|(names, purpose)| format!("  {names:<width$}  {purpose}")).collect();
    rows.join("\n")
}
