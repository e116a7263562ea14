//! Sites that people must be able to reach whatever a court orders: courts, police, health,
//! emergency services, solicitors and helplines.
//!
//! An order that flags them keeps people from their rights or from help, and nobody may have meant
//! it. This says so before anybody signs; it changes no finding. The table is a sample of such
//! sites, not a register: an order that flags none of them can still flag others.

use proviso_report::UnixMs;
use proviso_report::fact::{Fact, Foreground, WebVisit};

use crate::fault::Fault;
use crate::judge::{Event, Judge};
use crate::order::{Order, Term};

/// What a site is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Court,
    Police,
    Health,
    Emergency,
    Solicitor,
    Helpline,
}

/// Where it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Land {
    Uk,
    Us,
    Ireland,
    Australia,
    Canada,
    Eu,
}

const SITES: &[(Land, What, &str)] = &[
    (Land::Uk, What::Court, "www.judiciary.uk"),
    (Land::Uk, What::Court, "www.gov.uk"),
    (Land::Uk, What::Court, "www.scotcourts.gov.uk"),
    (Land::Uk, What::Police, "www.police.uk"),
    (Land::Uk, What::Police, "www.met.police.uk"),
    (Land::Uk, What::Health, "www.nhs.uk"),
    (Land::Uk, What::Health, "111.nhs.uk"),
    (Land::Uk, What::Emergency, "999bsl.co.uk"),
    (Land::Uk, What::Solicitor, "www.lawsociety.org.uk"),
    (Land::Uk, What::Solicitor, "solicitors.lawsociety.org.uk"),
    (Land::Uk, What::Helpline, "www.samaritans.org"),
    (Land::Uk, What::Helpline, "www.stopitnow.org.uk"),
    (Land::Uk, What::Helpline, "www.citizensadvice.org.uk"),
    (Land::Uk, What::Helpline, "www.nationaldahelpline.org.uk"),
    (Land::Us, What::Court, "www.uscourts.gov"),
    (Land::Us, What::Court, "www.usa.gov"),
    (Land::Us, What::Police, "www.fbi.gov"),
    (Land::Us, What::Health, "www.cdc.gov"),
    (Land::Us, What::Health, "www.healthcare.gov"),
    (Land::Us, What::Emergency, "www.911.gov"),
    (Land::Us, What::Solicitor, "www.fd.org"),
    (Land::Us, What::Solicitor, "www.americanbar.org"),
    (Land::Us, What::Solicitor, "www.lawhelp.org"),
    (Land::Us, What::Helpline, "988lifeline.org"),
    (Land::Us, What::Helpline, "www.thehotline.org"),
    (Land::Us, What::Helpline, "www.stopitnow.org"),
    (Land::Ireland, What::Court, "www.courts.ie"),
    (Land::Ireland, What::Police, "www.garda.ie"),
    (Land::Ireland, What::Health, "www2.hse.ie"),
    (Land::Ireland, What::Emergency, "www.112.ie"),
    (Land::Ireland, What::Solicitor, "www.lawsociety.ie"),
    (Land::Ireland, What::Solicitor, "www.legalaidboard.ie"),
    (Land::Ireland, What::Helpline, "www.samaritans.org"),
    (Land::Ireland, What::Helpline, "www.womensaid.ie"),
    (Land::Australia, What::Court, "www.fcfcoa.gov.au"),
    (Land::Australia, What::Police, "www.afp.gov.au"),
    (Land::Australia, What::Health, "www.healthdirect.gov.au"),
    (Land::Australia, What::Emergency, "www.triplezero.gov.au"),
    (Land::Australia, What::Solicitor, "www.lawcouncil.au"),
    (Land::Australia, What::Solicitor, "www.nationallegalaid.org"),
    (Land::Australia, What::Helpline, "www.lifeline.org.au"),
    (Land::Australia, What::Helpline, "www.1800respect.org.au"),
    (Land::Canada, What::Court, "www.scc-csc.ca"),
    (Land::Canada, What::Police, "www.rcmp-grc.gc.ca"),
    (Land::Canada, What::Health, "www.canada.ca"),
    (Land::Canada, What::Emergency, "www.getprepared.gc.ca"),
    (Land::Canada, What::Solicitor, "www.cba.org"),
    (Land::Canada, What::Solicitor, "www.legalaid.on.ca"),
    (Land::Canada, What::Helpline, "988.ca"),
    (Land::Canada, What::Helpline, "kidshelpphone.ca"),
    (Land::Eu, What::Court, "e-justice.europa.eu"),
    (Land::Eu, What::Court, "curia.europa.eu"),
    (Land::Eu, What::Police, "www.europol.europa.eu"),
    (Land::Eu, What::Health, "health.ec.europa.eu"),
    (Land::Eu, What::Emergency, "eena.org"),
    (Land::Eu, What::Solicitor, "www.ccbe.eu"),
    (Land::Eu, What::Helpline, "befrienders.org"),
];

/// The most sites that one warning names.
const NAMED: usize = 6;
/// A rule with hours is tried at each of these hours of a week.
const HOURS: i64 = 168;
const HOUR: i64 = 3_600_000;

/// A warning for each rule that flags such sites of the order's own country. A rule whose author says
/// why it takes in everything is left alone, unless it is an allow-list: there each can be allowed.
pub(crate) fn warnings(judge: &Judge) -> Vec<Fault> {
    let order = judge.order();
    let sites = sites_of(order.timezone());
    let mut flagged: Vec<Vec<(What, &str)>> = vec![Vec::new(); order.rules().len()];
    for (what, host) in sites {
        for fact in &seen_at(host) {
            for at in moments(order) {
                let event = Event {
                    at,
                    account: None,
                    fact,
                };
                for number in judge.fitted(&event) {
                    if let Some(flagged) = flagged.get_mut(number)
                        && !flagged.contains(&(what, host))
                    {
                        flagged.push((what, host));
                    }
                }
            }
        }
    }
    order
        .rules()
        .iter()
        .zip(&flagged)
        .filter(|(rule, flagged)| {
            // What only counts is no use of a site, but what an allow-list leaves out is.
            let counts = rule.over.is_none() && rule.wide_because.is_none();
            !flagged.is_empty() && (rule.only.is_some() || counts)
        })
        .map(|(rule, flagged)| Fault {
            file: "order.toml".to_owned(),
            at: Some(rule.place),
            code: "essential-sites",
            sentence: sentence(&rule.id, flagged),
        })
        .collect()
}

/// What is recorded of somebody who uses a site.
fn seen_at(host: &str) -> [Fact; 2] {
    let url = format!("https://{host}/");
    let visit = WebVisit {
        url: url.clone(),
        title: None,
        browser: String::new(),
        profile: None,
        transition: None,
        private: None,
    };
    let front = Foreground {
        name: "firefox".to_owned(),
        exe: None,
        browser: Some("firefox".to_owned()),
        url: Some(url),
        ms: 1,
    };
    [Fact::from(visit), Fact::from(front)]
}

/// Hours at which a rule may be asked: of a week if some rule has hours, or only one.
fn moments(order: &Order) -> Vec<UnixMs> {
    let start = match order.term(UnixMs(0)) {
        Term::NotYet(start) => start,
        Term::InForce(_) | Term::Suspended(_) | Term::Ended(_) => UnixMs(0),
    };
    let timed = order.rules().iter().any(|rule| !rule.during.is_empty());
    let hours = if timed { HOURS } else { 1 };
    (0..hours).map(|hour| start.plus(hour * HOUR)).collect()
}

fn sentence(rule: &str, flagged: &[(What, &str)]) -> String {
    let named: Vec<String> = flagged
        .iter()
        .take(NAMED)
        .map(|(what, host)| format!("{host} ({})", what.as_str()))
        .collect();
    let more = match flagged.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "rule {rule} would flag sites that people must be able to reach: {}{more}; allow them in \
         `only`, take them out with `unless`, or make an [[exempt]] of them",
        named.join(", ")
    )
}

/// The sites of the country in which a time zone lies; of all where that is not certain.
fn sites_of(zone: &str) -> Vec<(What, &'static str)> {
    let land = land_of(zone);
    SITES
        .iter()
        .filter(|(one, _, _)| land.is_none_or(|land| land == *one))
        .map(|(_, what, host)| (*what, *host))
        .collect()
}

fn land_of(zone: &str) -> Option<Land> {
    let (area, place) = zone.split_once('/')?;
    match (area, place) {
        ("Europe", "London" | "Belfast" | "Jersey" | "Guernsey" | "Isle_of_Man") => Some(Land::Uk),
        ("Europe", "Dublin") => Some(Land::Ireland),
        ("Europe", _) => Some(Land::Eu),
        ("Australia", _) => Some(Land::Australia),
        ("Canada", _)
        | (
            "America",
            "Toronto" | "Vancouver" | "Edmonton" | "Winnipeg" | "Halifax" | "Regina" | "St_Johns",
        ) => Some(Land::Canada),
        ("US", _)
        | (
            "America",
            "New_York" | "Chicago" | "Denver" | "Los_Angeles" | "Phoenix" | "Anchorage" | "Detroit"
            | "Boise",
        )
        | ("Pacific", "Honolulu") => Some(Land::Us),
        _ => None,
    }
}

impl What {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Court => "courts",
            Self::Police => "police",
            Self::Health => "health",
            Self::Emergency => "emergency services",
            Self::Solicitor => "solicitors",
            Self::Helpline => "a helpline",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proviso_report::Hash;

    use super::*;
    use crate::Side;

    #[test]
    fn each_country_has_each_sort_of_site() {
        for land in [
            Land::Uk,
            Land::Us,
            Land::Ireland,
            Land::Australia,
            Land::Canada,
            Land::Eu,
        ] {
            for what in [
                What::Court,
                What::Police,
                What::Health,
                What::Emergency,
                What::Solicitor,
                What::Helpline,
            ] {
                let held = SITES.iter().any(|(a, b, _)| (*a, *b) == (land, what));
                assert!(held, "{land:?} {what:?}");
            }
        }
        for (_, _, host) in SITES {
            assert_eq!(crate::domain::check(host), Ok(()), "{host}");
        }
    }

    #[test]
    fn a_zone_tells_the_country() {
        assert_eq!(land_of("Europe/London"), Some(Land::Uk));
        assert_eq!(land_of("Europe/Berlin"), Some(Land::Eu));
        assert_eq!(land_of("America/Chicago"), Some(Land::Us));
        assert_eq!(land_of("UTC"), None);
        assert_eq!(sites_of("UTC").len(), SITES.len());
    }

    /// The warnings of an order with this rule, which has the list `some`.
    fn warned(rule: &str) -> Vec<Fault> {
        let list = b"a.example\nsamaritans.org\n";
        let pin = format!(
            "[lists.some]\nfile = \"some\"\nkind = \"domains\"\nsha256 = \"{}\"\ncount = 2\n",
            Hash::of(list)
        );
        let pin = if rule.contains("_in") {
            pin.as_str()
        } else {
            ""
        };
        let on = if rule.contains("4h") {
            "foreground"
        } else {
            "web_visit"
        };
        let event = |host: &str, count: u32| {
            let at = "2026-04-01T08:00:00+00:00";
            let url = format!("https://{host}/");
            if on == "web_visit" {
                return format!(
                    "event = {{ kind = \"web_visit\", url = \"{url}\", at = \"{at}\" }}"
                );
            }
            format!(
                "generate = {{ kind = \"foreground\", count = {count}, from = \"{at}\", every = \
                 \"1h\", ms = 3600000, name = \"firefox\", url = \"{url}\" }}"
            )
        };
        let text = format!(
            "format = \"proviso-order/1\"\n[order]\nid = \"O\"\nversion = 1\ncourt = \"C\"\n\
             made = 2026-03-02\nstarts = 2026-03-02\ntimezone = \"Europe/London\"\n{pin}\
             [[clause]]\nid = \"1\"\ntext = \"t\"\n[[rule]]\nid = \"1.a\"\nclause = \"1\"\n\
             says = \"s\"\nseverity = \"breach\"\non = [\"{on}\"]\n{rule}\n\
             [[rule.test]]\nexpect = \"match\"\n{}\n[[rule.test]]\nexpect = \"no_match\"\n{}\n",
            event("a.example", 6),
            event("b.example", 1),
        );
        let order = Order::parse(text.as_bytes()).unwrap_or_else(|faults| panic!("{faults}"));
        let judge = Judge::compile(order, Side::Collector, &mut |_| Some(Arc::new(*list)));
        warnings(&judge.unwrap_or_else(|faults| panic!("{faults}")))
    }

    /// Through lists, and where only time is counted.
    #[test]
    fn what_an_allow_list_leaves_out_is_pointed_at() {
        let named = |rule: &str| {
            let found = warned(rule);
            let sentence = found.first().map(|one| one.sentence.as_str());
            sentence.is_some_and(|sentence| sentence.contains("www.samaritans.org (a helpline)"))
        };
        assert!(named("any = [{ host_in = \"some\" }]"));
        assert!(named(
            "only = { among = { host_in = \"some\" }, host = [\"b.example\"] }"
        ));
        let quota = "quota = { more_than = \"4h\", per = \"local_day\" }";
        let allowing = |hosts: &str| {
            format!("{quota}\nonly = {{ among = {{ host_in = \"some\" }}, host = [{hosts}] }}")
        };
        assert!(named(&allowing("\"b.example\"")));
        assert!(!named(&allowing("\"b.example\", \"samaritans.org\"")));
        // To count is no use of a site.
        assert!(!named(&format!(
            "{quota}\nany = [{{ host_in = \"some\" }}]"
        )));
    }

    #[test]
    fn a_rule_that_flags_a_helpline_is_pointed_at() {
        assert_eq!(warned("any = [{ host = [\"a.example\"] }]"), []);
        let found = warned("any = [{ host = [\"a.example\", \"samaritans.org\"] }]");
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].to_string(),
            "order.toml:12:1: rule 1.a would flag sites that people must be able to reach: \
             www.samaritans.org (a helpline); allow them in `only`, take them out with `unless`, \
             or make an [[exempt]] of them [essential-sites]"
        );
        // Spared by name.
        let spared = "any = [{ host = [\"a.example\", \"samaritans.org\"] }]\n\
                      unless = [{ host = \"www.samaritans.org\" }]";
        assert_eq!(warned(spared), []);
    }
}
