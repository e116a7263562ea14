//! What every code of a fault or a warning means, once: for messages people look up, and for the
//! manual.
//!
//! A code is stable: it may get another sentence, never another meaning.

/// What a code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// As it stands at the end of a message: `unknown-key`.
    pub code: &'static str,
    /// What is wrong, or what should be looked at.
    pub meaning: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// Is the order refused? If not, it is a warning: people look at it before they sign.
    pub refuses: bool,
}

impl Code {
    /// The one of this name.
    #[must_use]
    pub fn of(code: &str) -> Option<&'static Self> {
        CODES.iter().find(|one| one.code == code)
    }
}

const fn fault(code: &'static str, meaning: &'static str, fix: &'static str) -> Code {
    Code {
        code,
        meaning,
        fix,
        refuses: true,
    }
}

const fn warning(code: &'static str, meaning: &'static str, fix: &'static str) -> Code {
    Code {
        code,
        meaning,
        fix,
        refuses: false,
    }
}

/// All of them, in the order of their names.
pub const CODES: &[Code] = &[
    fault(
        "app",
        "A program is not named as programs are.",
        "Write its file name, its path, or its name.",
    ),
    warning(
        "approval-open",
        "An approval has no last day.",
        "Give it `ends` if it was approved for a time.",
    ),
    fault(
        "collector-entry",
        "A test names something that is on a list which the collector holds back.",
        "Fill the list with made-up entries in the test.",
    ),
    fault(
        "collector-list",
        "A list that only the collector holds is needed on the device.",
        "Give the rule `where = \"collector\"`, or hold the list on the device.",
    ),
    fault(
        "collector-sequence",
        "A rule of the device follows a rule of the collector.",
        "Give it `where = \"collector\"` too.",
    ),
    fault(
        "collector-unseen",
        "A rule of the collector looks at facts that no device records.",
        "Add the kind to `records` of its clause.",
    ),
    fault(
        "contradiction",
        "What a rule looks for excludes itself.",
        "Correct `any`, `all`, `unless` or `only`.",
    ),
    fault(
        "duplicate",
        "Something stands twice.",
        "Take one out, or give it its own id.",
    ),
    fault(
        "empty-condition",
        "A condition, exemption, approval or allow-list has nothing in it.",
        "Say what it is about.",
    ),
    fault(
        "empty-list",
        "A list has no entries.",
        "Fill it or take it out.",
    ),
    fault(
        "ends-before-start",
        "A last day lies before the first.",
        "Correct one of them.",
    ),
    warning(
        "essential-sites",
        "A rule would flag sites of courts, police, health, emergency services, solicitors or helplines.",
        "Allow them, take them out with `unless`, or exempt them.",
    ),
    warning(
        "exempt-loose",
        "An exemption that keeps nothing is by a name or a place that anybody can give a file.",
        "Name a path in a folder of the system, or the program's SHA-256 or signer.",
    ),
    fault(
        "exempt-swallows",
        "An exemption keeps out all that a rule looks for.",
        "Narrow one of them.",
    ),
    fault(
        "file-name",
        "A file is not named by a plain path beside the order.",
        "Put it beside the order: lists/social.domains.",
    ),
    fault(
        "fold",
        "`fold` asks for what is always done, for what there is not, or without words.",
        "Write \"leet\" beside words, or leave it out.",
    ),
    fault(
        "folder",
        "A folder is not written from the root or from the person's own.",
        "Write /media or ~/Pictures.",
    ),
    fault(
        "format",
        "The first line names a format that this version does not read.",
        "Write the format that the message names.",
    ),
    fault(
        "grace-field",
        "A fact has not the field by which it must be declared.",
        "Take another field, or the kind out of `on`.",
    ),
    fault(
        "hash",
        "A SHA-256 hash is not 64 small hexadecimal digits.",
        "Take it from `sha256sum`.",
    ),
    fault(
        "hidden-character",
        "A text holds a character that a reader cannot see.",
        "Take it out.",
    ),
    fault(
        "host",
        "A host name is none, or is one under which anybody may register.",
        "Write the name of a site: example.com.",
    ),
    fault(
        "hours",
        "Hours begin and end at the same time.",
        "Correct one of the times.",
    ),
    warning(
        "hours-twice",
        "Hours lie in other hours of the same array.",
        "Take them out or correct them.",
    ),
    fault(
        "id",
        "An id has characters that look different on paper and on screen.",
        "Use letters, digits and . - _ / ( ).",
    ),
    warning(
        "illustrative",
        "Words of a template are left that no court wrote.",
        "Put the court's words in their place.",
    ),
    warning(
        "innocent-word",
        "A word stands in innocent texts too.",
        "Narrow it, or show with a test that one of them does not match.",
    ),
    fault(
        "kept",
        "How long records are kept is not said as one length and from when.",
        "Write { years = 6, after = \"order\" }.",
    ),
    fault(
        "length",
        "A length of time is none.",
        "Write a whole number with s, m, h or d: \"30m\".",
    ),
    fault(
        "limit",
        "Something is longer or more than an order may have.",
        "Make it shorter; put many values into a list.",
    ),
    fault(
        "list-count",
        "A list has not as many entries as the order says.",
        "Pin the list that was meant.",
    ),
    fault(
        "list-entry",
        "An entry of a list cannot stand there.",
        "Correct the entry, and pin the list anew.",
    ),
    fault(
        "list-hash",
        "A list is not the one that the order pins.",
        "Put the pinned list beside the order, or pin this one.",
    ),
    fault(
        "list-kind",
        "A key needs a list of another kind.",
        "Name a list of that kind.",
    ),
    fault(
        "list-missing",
        "A list is not here.",
        "Put it beside the order.",
    ),
    fault("missing-key", "A key that must be there is not.", "Add it."),
    fault(
        "missing-test",
        "A rule has no test that must match, or none that must not.",
        "Add a [[rule.test]].",
    ),
    fault(
        "more",
        "There are more faults than are said at once.",
        "Correct these first.",
    ),
    fault(
        "near",
        "A side of `near` is neither words nor a number with units.",
        "Give it `words`, or `number` and `units`.",
    ),
    fault(
        "never-holds",
        "A condition can hold for no kind that the rule is on.",
        "Take it out, or add the kind to `on`.",
    ),
    fault(
        "never-matches",
        "A rule is on a kind for which it can never match.",
        "Take the kind out of `on`.",
    ),
    fault(
        "no-clause",
        "The order has no clause.",
        "Add the court's words as a [[clause]].",
    ),
    warning(
        "no-contact",
        "The order says nobody whom the person can ask.",
        "Add `contact` with a name and how to reach them.",
    ),
    warning(
        "not-wide",
        "A rule says why it is wide, and is not.",
        "Take `wide_because` out.",
    ),
    fault(
        "number",
        "The number of an update is not counted from 1.",
        "Count the updates of the list from 1.",
    ),
    fault(
        "outside-term",
        "An exemption, approval or suspension never holds while the order is in force.",
        "Correct its days or take it out.",
    ),
    fault(
        "pattern",
        "A pattern cannot be read.",
        "Correct it as the message says.",
    ),
    fault(
        "pattern-accent",
        "A pattern has a letter that never stands in folded text.",
        "Write the letter without its accent.",
    ),
    fault(
        "pattern-empty",
        "A pattern matches everything.",
        "Say what it looks for.",
    ),
    warning(
        "pattern-runs-on",
        "A pattern repeats without end what can be any text.",
        "Say how often at most: .{0,20}.",
    ),
    warning(
        "pattern-short",
        "A pattern finds short texts inside other words.",
        "Set it between \\b.",
    ),
    fault(
        "pattern-size",
        "A pattern is too large when compiled.",
        "Use shorter repetitions.",
    ),
    fault(
        "pattern-unicode",
        "A pattern asks for Unicode classes.",
        "Take the `u` flag or `\\p` out.",
    ),
    fault(
        "patterns-size",
        "The patterns of the order are too large together.",
        "Use fewer, or shorter repetitions.",
    ),
    warning(
        "quota-count",
        "Windows in front are counted, not their time.",
        "Write a length of time, such as 4h, if time is meant.",
    ),
    fault(
        "quota-time",
        "Time is counted of facts that have none.",
        "Count time of `foreground` only.",
    ),
    warning(
        "replaces-nothing",
        "A later version does not say which one it replaces.",
        "Add `replaces` with the version before and its hash.",
    ),
    warning(
        "rule-covered",
        "A rule matches nothing that another one of its clause does not match already.",
        "Take it out, or make it more serious.",
    ),
    fault(
        "same-list",
        "An update would change nothing.",
        "Name the new list.",
    ),
    fault(
        "sequence-rule",
        "A sequence names itself, another sequence, or one rule twice.",
        "Name two rules that look at facts.",
    ),
    warning(
        "short-word",
        "A word is so short that it is found by chance, or is not read in signs.",
        "Take a longer one.",
    ),
    fault(
        "starts-before-made",
        "The order starts before it was made.",
        "Correct one of the days.",
    ),
    fault(
        "suspensions-overlap",
        "Two suspensions hold on the same day.",
        "Make one of them, or correct their days.",
    ),
    fault(
        "test-event",
        "An event of a test is not a fact.",
        "Give it the fields of its kind.",
    ),
    fault(
        "test-failed",
        "A rule does not do what a test says.",
        "Correct the rule or the test.",
    ),
    warning(
        "test-outside-term",
        "An event of a test lies outside the order's term.",
        "Give it a time at which the order is in force.",
    ),
    fault(
        "text",
        "A text is empty, too long, or more than one line.",
        "Write one line.",
    ),
    fault(
        "time",
        "A time is none, or has no offset.",
        "Write 2026-04-01T20:00:00+01:00.",
    ),
    fault(
        "timezone",
        "There is no such time zone.",
        "Write a name like Europe/London.",
    ),
    warning(
        "timezone-place",
        "A time zone is named by an offset or letters, not by a place.",
        "Name the place: America/New_York.",
    ),
    fault(
        "toml",
        "The file is not TOML.",
        "Correct the line that the message names.",
    ),
    fault(
        "two-events",
        "A test has two of `event`, `events` and `generate`.",
        "Make a test of each.",
    ),
    fault(
        "two-verbs",
        "A rule counts two things over time.",
        "Make a rule of each.",
    ),
    fault(
        "type",
        "A value is of the wrong type.",
        "Write what the message asks for.",
    ),
    fault(
        "unchecked-clause",
        "Nothing checks a clause, and nothing says so.",
        "Give it a rule, or say it under [[not_machine_checkable]].",
    ),
    warning(
        "unknown-browser",
        "No agent calls a browser so.",
        "Take the name that the message offers.",
    ),
    fault(
        "unknown-clause",
        "A rule belongs to a clause that the order does not have.",
        "Correct the number.",
    ),
    fault(
        "unknown-day",
        "There is no such day.",
        "Write every, mon, or mon-fri.",
    ),
    fault(
        "unknown-effect",
        "There is no such effect.",
        "Write suppress_content or no_alert.",
    ),
    fault(
        "unknown-expectation",
        "A test cannot expect that.",
        "Write match, no_match or cannot_tell.",
    ),
    fault(
        "unknown-field",
        "There is no such field.",
        "Take the name that the message offers.",
    ),
    fault(
        "unknown-key",
        "There is no such key here.",
        "Take the name that the message offers.",
    ),
    fault(
        "unknown-kind",
        "There is no such kind of fact.",
        "Take the name that the message offers.",
    ),
    fault(
        "unknown-list",
        "The order pins no such list.",
        "Pin it under [lists], or correct the name.",
    ),
    fault(
        "unknown-list-kind",
        "There are no such lists.",
        "Write domains, words, apps or hashes.",
    ),
    fault(
        "unknown-place",
        "There is no such place.",
        "Write device or collector.",
    ),
    fault(
        "unknown-rule",
        "A sequence names a rule that the order does not have.",
        "Correct the number.",
    ),
    fault(
        "unknown-severity",
        "There is no such severity.",
        "Write log, review, breach or urgent.",
    ),
    fault(
        "unknown-span",
        "A quota is not counted so.",
        "Write local_day or local_week.",
    ),
    fault(
        "unknown-transition",
        "Nobody comes to a page in that way.",
        "Take the name that the message offers.",
    ),
    fault(
        "unknown-word",
        "A field never holds that word.",
        "Take the word that the message offers.",
    ),
    fault("unused-list", "Nothing uses a list.", "Take it out."),
    fault(
        "updated-by",
        "Who may update a list is not named as allowed_signers names people.",
        "Write role and name: police:lists@police.example.",
    ),
    fault("utf-8", "The file is not UTF-8 text.", "Save it as UTF-8."),
    fault(
        "verb-alone",
        "A sequence or a silence is narrowed by conditions.",
        "Take them out.",
    ),
    fault(
        "version",
        "A version is 0, or not above the one that it replaces.",
        "Count versions up from 1.",
    ),
    warning(
        "wide-records",
        "A clause records everything of a kind that shows a life.",
        "Keep it only if the court's words need all of them.",
    ),
    fault(
        "wide-rule",
        "A rule takes in everything of a kind that shows a life.",
        "Narrow it, or say why in `wide_because`.",
    ),
    fault(
        "word",
        "A word has no letter or digit, or is too long.",
        "Correct it.",
    ),
    fault(
        "words-severity",
        "A rule that rests on words is more than `review`.",
        "Make its severity review.",
    ),
];
