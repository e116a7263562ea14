//! What a clock that was set makes of dates and hours: the tests of one order.

use super::*;

/// One step in front, one visit or interface then, and what is expected.
fn test(by_ms: i64, stepped: &str, fact: &str, expect: &str) -> String {
    format!(
        "[[rule.test]]\nevents = [\n{{ kind = \"clock_stepped\", by_ms = {by_ms}, at = \"{stepped}\" }},\n\
         {{ {fact} }},\n]\nexpect = \"{expect}\"\n"
    )
}

const VPN: &str = "kind = \"network_interface\", change = \"added\", interface = \"wg0\", \
                   interface_type = \"wireguard\"";

#[test]
fn dates_are_not_what_a_clock_says_that_was_set() {
    let back = -5_356_800_000;
    let at = "2026-11-01T10:00:00Z";
    let visit = |host: &str| format!("kind = \"web_visit\", url = \"https://{host}/\"");
    let then = |fact: &str| format!("{fact}, at = \"2026-11-01T10:01:00Z\"");
    let text = [
        "[[exempt]]\nid = \"E1\"\nwho = \"w\"\nsays = \"s\"\nmatch = { host = \"work.example\" }\n\
         effect = \"no_alert\"\nends = 2026-12-31\n\
         [[exempt]]\nid = \"E2\"\nwho = \"w\"\nsays = \"s\"\nmatch = { host = \"law.example\" }\n\
         effect = \"suppress_content\"\nends = 2026-12-31\n"
            .to_owned(),
        CLAUSE.to_owned(),
        "[[rule]]\nid = \"1.a\"\nclause = \"1\"\nsays = \"s\"\nseverity = \"breach\"\n\
         on = [\"network_interface\"]\nany = [{ interface_type = [\"wireguard\"] }]\n\
         [[rule.approval]]\nid = \"A\"\nsays = \"s\"\nmatch = { interface = \"wg0\" }\n\
         starts = 2026-07-07\nends = 2026-12-31\n"
            .to_owned(),
        test(back, at, &then(VPN), "cannot_tell"),
        // So small a step says nothing.
        test(1_000, at, &then(VPN), "no_match"),
        test(1_000, at, &then(&VPN.replace("wg0", "wg1")), "match"),
        // Whatever the date is, it was not approved.
        test(back, at, &then(&VPN.replace("wg0", "wg1")), "match"),
        "[[rule]]\nid = \"1.b\"\nclause = \"1\"\nsays = \"s\"\nseverity = \"breach\"\n\
         on = [\"web_visit\"]\nany = [{ host = [\"work.example\", \"law.example\", \"bad.example\"] }]\n"
            .to_owned(),
        test(back, at, &then(&visit("work.example")), "cannot_tell"),
        test(back, at, &then(&visit("bad.example")), "match"),
        // Kept out by the clock as it is.
        test(back, at, &then(&visit("law.example")), "no_match"),
        "[[rule]]\nid = \"1.c\"\nclause = \"1\"\nsays = \"s\"\nseverity = \"breach\"\n\
         on = [\"device\"]\nall = [{ class = [\"storage\"] }]\ngrace = { days = 1, of = \"serial\" }\n"
            .to_owned(),
        test(
            94_608_000_000,
            "2029-05-01T12:00:00Z",
            "kind = \"device\", change = \"added\", class = \"storage\", serial = \"A\", \
             at = \"2029-05-01T12:01:00Z\"",
            "cannot_tell",
        ),
        "[[rule.test]]\nevents = [{ kind = \"device\", change = \"added\", class = \"storage\", \
         serial = \"A\", at = \"2026-05-01T12:01:00Z\" }, \
         { kind = \"clock\", at = \"2026-05-03T12:01:00Z\" }]\nexpect = \"match\"\n\
         [[rule.test]]\nevent = { kind = \"device\", change = \"added\", class = \"phone\", \
         serial = \"A\", at = \"2026-05-01T12:01:00Z\" }\nexpect = \"no_match\"\n"
            .to_owned(),
    ];
    judge(&order(&text.concat()), &[]);
}
