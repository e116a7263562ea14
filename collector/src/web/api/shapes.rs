//! What the API sends and takes: each is written here once, and the description is made from it.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value, json};

/// Something with a schema (JSON Schema 2020-12).
pub(super) trait Shape {
    /// Its name among the schemas; none where it is written out.
    const NAME: Option<&'static str> = None;

    /// The schema.
    fn schema() -> Value;
}

/// Name and schema, for a list.
pub(super) fn shape_of<T: Shape>() -> (&'static str, Value) {
    (T::NAME.unwrap_or_default(), T::schema())
}

/// How a field refers to it.
fn refer<T: Shape>() -> Value {
    match T::NAME {
        Some(name) => json!({ "$ref": format!("#/components/schemas/{name}") }),
        None => T::schema(),
    }
}

/// A moment, Unix milliseconds; sent as RFC 3339 in UTC.
pub(super) struct Moment(pub(super) i64);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(at) => to.serialize_str(&format!("{at:.3}")),
            // A device's clock can say anything; the number is still what it said.
            Err(_) => to.serialize_str(&format!("{}ms", self.0)),
        }
    }
}

impl Shape for Moment {
    fn schema() -> Value {
        json!({ "type": "string", "format": "date-time" })
    }
}

impl Shape for String {
    fn schema() -> Value {
        json!({ "type": "string" })
    }
}

impl Shape for u64 {
    fn schema() -> Value {
        json!({ "type": "integer", "minimum": 0 })
    }
}

impl Shape for bool {
    fn schema() -> Value {
        json!({ "type": "boolean" })
    }
}

/// Anything: what a record holds follows its own format.
impl Shape for Value {
    fn schema() -> Value {
        json!({ "type": "object" })
    }
}

impl<T: Shape> Shape for Vec<T> {
    fn schema() -> Value {
        json!({ "type": "array", "items": refer::<T>() })
    }
}

impl<T: Shape> Shape for Option<T> {
    fn schema() -> Value {
        json!({ "anyOf": [refer::<T>(), { "type": "null" }] })
    }
}

/// Types with their schemas. Each field says what it is.
macro_rules! shapes {
    ($(
        #[doc = $about:literal]
        $(#[$more:meta])*
        $name:ident { $( #[doc = $says:literal] $field:ident: $kind:ty, )* }
    )*) => {
        $(
            #[doc = $about]
            $(#[$more])*
            pub(super) struct $name {
                $( #[doc = $says] pub(super) $field: $kind, )*
            }

            impl Shape for $name {
                const NAME: Option<&'static str> = Some(stringify!($name));

                fn schema() -> Value {
                    let mut fields = Map::new();
                    $(
                        let mut field = refer::<$kind>();
                        field["description"] = json!($says.trim());
                        fields.insert(stringify!($field).replace("r#", ""), field);
                    )*
                    let names: Vec<_> = fields.keys().cloned().collect();
                    json!({
                        "type": "object",
                        "description": $about.trim(),
                        "required": names,
                        "properties": fields,
                    })
                }
            }
        )*

        /// Every one of them, by name.
        pub(super) fn all() -> Map<String, Value> {
            let mut all = Map::new();
            $( all.insert(stringify!($name).to_owned(), $name::schema()); )*
            all
        }
    };
}

shapes! {
    /// Whose token it is.
    #[derive(Serialize)]
    Me {
        /// The name they sign in with.
        name: String,
        /// manager, supervisor, examiner, administrator, auditor or partner.
        role: String,
        /// The token's id, as the audit names it.
        token: String,
        /// read, or decide.
        scope: String,
        /// When the token ends.
        expires: Moment,
    }

    /// A line of the list of people.
    #[derive(Serialize)]
    PersonLine {
        /// Opaque; says nothing about the person.
        id: String,
        /// What screens call them.
        pseudonym: String,
        /// Alerts that nobody decided.
        waiting: u64,
    }

    /// People, by pseudonym.
    #[derive(Serialize)]
    People {
        /// Up to `limit` of them.
        items: Vec<PersonLine>,
        /// The cursor for those after them; null: there are none.
        next: Option<String>,
    }

    /// One person.
    #[derive(Serialize)]
    Person {
        /// Opaque; says nothing about the person.
        id: String,
        /// What screens call them.
        pseudonym: String,
        /// From the register; null for who may not see it.
        name: Option<String>,
        /// Digest of the order assigned to them; null: there is none, and nothing may be recorded.
        order: Option<String>,
    }

    /// One enrolled computer, or a log that it had before.
    #[derive(Serialize)]
    Device {
        /// From its certificate.
        id: String,
        /// active, broken_off (it goes on in another log) or retired.
        state: String,
        /// The agent, as it said at enrolment.
        agent: String,
        /// The system, as it said at enrolment.
        platform: String,
        /// Host name; null for who may not see the register.
        host: Option<String>,
        /// When it was enrolled.
        enrolled: Moment,
        /// Its last sign of life; null: none ever.
        last_contact: Option<Moment>,
        /// Records held.
        records: u64,
        /// Digest of the order assigned to it.
        order: Option<String>,
        /// When its newest report was stored, or it was enrolled.
        stored: Moment,
        /// Since when its log is in trouble and nothing of it was stored; null: it is not.
        refused_since: Option<Moment>,
    }

    /// Devices of one person, the oldest first.
    #[derive(Serialize)]
    Devices {
        /// All of them.
        items: Vec<Device>,
    }

    /// Something that is or was wrong with watching.
    #[derive(Serialize)]
    ConditionSeen {
        /// On which device.
        device: String,
        /// killed, stopped, disk_full, source_failed or dark.
        kind: String,
        /// In which source; empty: in none in particular.
        source: String,
        /// From when on, by the device's clock.
        since: Moment,
        /// Until when; null: it lasts.
        until: Option<Moment>,
        /// When it was known here.
        known: Moment,
    }

    /// Conditions of one person's devices.
    #[derive(Serialize)]
    Conditions {
        /// All of them.
        items: Vec<ConditionSeen>,
    }

    /// A clause in the court's words.
    #[derive(Serialize)]
    Clause {
        /// Its number in the order.
        id: String,
        /// Word for word.
        text: String,
    }

    /// The order assigned to a person.
    #[derive(Serialize)]
    OrderInForce {
        /// The court's reference.
        id: String,
        /// Of two orders with one reference the higher counts.
        version: u64,
        /// SHA-256 of the file, in hex.
        digest: String,
        /// When it was put in force here.
        put: Moment,
        /// The zone in which its times are meant.
        zone: String,
        /// Its first day.
        starts: Option<String>,
        /// Its last day.
        ends: Option<String>,
        /// What the court ordered.
        clauses: Vec<Clause>,
    }

    /// One record of a device's log.
    #[derive(Serialize)]
    Recorded {
        /// In whose log.
        device: String,
        /// The record as the device wrote and signed it; docs/evidence.md describes it.
        record: Value,
        /// How it is known, later confirmations included.
        methods: Vec<String>,
        /// It was not written before this moment of the collector's clock; null: not known.
        not_before: Option<Moment>,
        /// It was not written after this; null: not known.
        not_after: Option<Moment>,
        /// When it was stored here.
        received: Moment,
    }

    /// What was recorded on a day, by the devices' clocks.
    #[derive(Serialize)]
    Day {
        /// The day.
        day: String,
        /// In which zone it is meant.
        zone: String,
        /// Up to `limit` records, by time.
        items: Vec<Recorded>,
        /// Sentences about reports that cannot be read.
        unreadable: Vec<String>,
        /// Records that came together with these and were erased.
        erased: u64,
        /// There are more reports than are looked through for one day.
        cut: bool,
        /// The cursor for the records after them; null: there are none.
        next: Option<String>,
    }

    /// One possible breach, which is software's opinion.
    #[derive(Serialize)]
    Alert {
        /// The same everywhere.
        id: String,
        /// Whom it concerns, by id.
        person: String,
        /// On which device.
        device: String,
        /// open, acknowledged or decided.
        state: String,
        /// urgent, breach or review.
        severity: String,
        /// The rule that matched.
        rule: String,
        /// The clause it belongs to.
        clause: String,
        /// Digest of the order.
        order: String,
        /// When it happened, by the device's clock.
        happened: Moment,
        /// When it was opened here.
        opened: Moment,
    }

    /// Alerts, the oldest first.
    #[derive(Serialize)]
    Alerts {
        /// Up to `limit` of them.
        items: Vec<Alert>,
        /// The cursor for those after them; null: there are none.
        next: Option<String>,
    }

    /// A part of a record that matched a rule.
    #[derive(Serialize)]
    Matched {
        /// In which field of the record.
        field: String,
        /// What stood there.
        text: String,
    }

    /// What a person decided.
    #[derive(Serialize)]
    Decided {
        /// Its id.
        id: String,
        /// When.
        at: Moment,
        /// Who.
        by: String,
        /// What: one of the words that `verdict` of `NewDecision` can be.
        verdict: String,
        /// In their words.
        reason: String,
    }

    /// One alert with what stands behind it.
    #[derive(Serialize)]
    Case {
        /// The alert.
        alert: Alert,
        /// The number of the record in its device's log.
        record: u64,
        /// proven (a signed report is held), unproven or contradicted.
        proof: String,
        /// What the rule says; null: the order is not held here.
        says: Option<String>,
        /// The clause in the court's words; null: the order is not held here.
        court: Option<String>,
        /// What matched.
        matched: Vec<Matched>,
        /// Every decision, the oldest first.
        decisions: Vec<Decided>,
    }

    /// A decision to record. Only a person decides; this is where a program hands in what one said.
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    NewDecision {
        /// One of the words that the pages offer, such as acknowledged, no_action or visit.
        verdict: String,
        /// Why, in the person's own words, up to 4,000 characters; may be empty for acknowledged.
        reason: String,
        /// Of a false alarm: which part was wrong (list, rule, attribution, clock or other); null of anything else.
        part: Option<String>,
        /// When to look again, such as 2026-12-01; null: not.
        review: Option<String>,
        /// Whether somebody else must agree. For some decisions the collector's configuration wants it in any case.
        sign_off: Option<bool>,
    }

    /// What one person can take up together.
    #[derive(Serialize)]
    CaseLine {
        /// Opaque.
        id: String,
        /// Whom it concerns, by id.
        person: String,
        /// finding (alerts under one clause), condition or incident (of one kind on one device).
        kind: String,
        /// The clause, or the kind of condition or incident.
        subject: String,
        /// Of which device; null for alerts.
        device: Option<String>,
        /// waits, sign_off (somebody else must agree) or done.
        stage: String,
        /// urgent, breach or review: the worst in it.
        severity: String,
        /// When the first thing came into it.
        opened: Moment,
        /// When the latest did.
        latest: Moment,
        /// What waits in it and is urgent.
        urgent: u64,
        /// What waits in it and is a possible breach.
        breach: u64,
        /// What waits in it for review.
        review: u64,
        /// Of what waits, what nobody has taken up.
        unheeded: u64,
        /// Everything that lies in it.
        total: u64,
        /// Out of the way until then; null: it is not.
        snoozed: Option<Moment>,
    }

    /// Cases, the worst first, then the longest waiting.
    #[derive(Serialize)]
    Cases {
        /// Up to `limit` of them.
        items: Vec<CaseLine>,
        /// The cursor for those after them; null: there are none.
        next: Option<String>,
    }

    /// What a person said of a case.
    #[derive(Serialize)]
    RulingSeen {
        /// Its id.
        id: String,
        /// When.
        at: Moment,
        /// Who.
        by: String,
        /// What.
        verdict: String,
        /// In their words.
        reason: String,
        /// The day on which to look again; null: none.
        review: Option<String>,
        /// How many alerts, conditions or incidents it is about.
        alerts: u64,
        /// Whether somebody else must still agree.
        pending: bool,
    }

    /// A case with what lies in it.
    #[derive(Serialize)]
    CaseWhole {
        /// The case.
        case: CaseLine,
        /// The alerts in it, by id, the first 1,000.
        alerts: Vec<String>,
        /// What was said of it, the oldest first.
        rulings: Vec<RulingSeen>,
    }

    /// One entry of the audit.
    #[derive(Serialize)]
    Entry {
        /// Its id.
        id: String,
        /// When.
        at: Moment,
        /// Who, by name.
        by: String,
        /// What was done.
        action: String,
        /// Whom it concerned, by id.
        person: Option<String>,
        /// The same, by pseudonym.
        pseudonym: Option<String>,
        /// On what, or why.
        on: String,
    }

    /// Entries, the newest first.
    #[derive(Serialize)]
    Entries {
        /// Up to `limit` of them.
        items: Vec<Entry>,
        /// The cursor for those before them; null: there are none.
        next: Option<String>,
    }

    /// What went wrong, as RFC 9457 has it.
    #[derive(Serialize)]
    ProblemDetails {
        /// Names the kind of problem.
        r#type: String,
        /// The kind in words.
        title: String,
        /// The status of the answer.
        status: u64,
        /// What happened, and what to do.
        detail: String,
    }
}
