//! Waiting for something to become true, with a deadline and a name.

use std::time::{Duration, Instant};

use anyhow::bail;

/// Long enough for the slowest honest machine; a test that passes never waits this long.
pub const PATIENCE: Duration = Duration::from_secs(90);

const PAUSE: Duration = Duration::from_millis(20);

/// Asks until there is an answer. `what` completes "gave up waiting for …".
pub fn until<T>(
    what: &str,
    patience: Duration,
    mut ask: impl FnMut() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let deadline = Instant::now() + patience;
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if Instant::now() >= deadline {
            bail!("gave up waiting for {what} after {} s", patience.as_secs());
        }
        std::thread::sleep(PAUSE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_or_names_what_is_missing() {
        let mut left = 3;
        let answer = until("three", PATIENCE, || {
            left -= 1;
            Ok((left == 0).then_some("done"))
        });
        assert_eq!(answer.unwrap(), "done");
        let never = until::<()>("the moon", Duration::ZERO, || Ok(None));
        assert!(never.unwrap_err().to_string().contains("the moon"));
    }
}
