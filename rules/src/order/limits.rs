//! How large an order may be. Orders come over the wire: nothing in them may grow without a bound.

/// The longest order file, in bytes.
pub const ORDER_BYTES: usize = 1 << 20;
/// The most clauses, and the most rules.
pub const RULES: usize = 1_000;
/// The most tests in one order: each is run whenever the order is compiled.
pub const TESTS: usize = 5_000;
/// The most steps of one test, those that it generates included.
pub const STEPS: usize = 2_000;
/// The most steps of all tests of an order.
pub const ALL_STEPS: usize = 20_000;
/// The longest event that a test generates, in bytes of its fields.
pub const GENERATED_BYTES: usize = 2_000;
/// The most lists that an order pins.
pub const LISTS: usize = 64;
/// The longest list, in bytes.
pub const LIST_BYTES: u64 = 64 << 20;
/// The most entries of a list.
pub const LIST_ENTRIES: u64 = 2_000_000;
/// The most entries of a list of words, and of one of programs.
pub const SHORT_LIST_ENTRIES: u64 = 20_000;
/// The most values in one array of a condition.
pub const VALUES: usize = 2_000;
/// The most conditions in one `any`, `all` or `unless`.
pub const CONDITIONS: usize = 200;
/// The most `pattern` conditions in one order: a compiled pattern takes memory.
pub const PATTERNS: usize = 500;
/// The longest pattern, in bytes.
pub const PATTERN_BYTES: usize = 1_000;
/// How much of a field patterns look at, and of all arguments together, in bytes.
pub const PATTERN_TEXT: usize = 8 << 10;
/// The most states of one pattern: what it takes for each byte of a text. See `judge/steps.rs`.
pub const PATTERN_STATES: usize = 1_000;
/// The most states of all patterns of an order together.
pub const ALL_PATTERN_STATES: usize = 10_000;
/// The most bytes of all tests times states of all patterns: some 20 seconds of a slow processor, if
/// every pattern looked at every byte in every state.
pub const TEST_WORK: usize = 2_000_000_000;
/// The longest id, in bytes: records carry the ids of clauses.
pub const ID_BYTES: usize = 64;
/// The longest sentence or name, in bytes.
pub const TEXT_BYTES: usize = 2_000;
/// The longest clause, in bytes.
pub const CLAUSE_BYTES: usize = 60_000;
/// The most faults that are said at once.
pub const FAULTS: usize = 500;
/// The most spans of hours in one `during` or `within`.
pub const HOURS: usize = 50;
/// The longest length of time, in days.
pub const SPAN_DAYS: i64 = 366;
/// The most facts that a quota counts.
pub const COUNTED: u32 = 1_000_000;
/// The most facts that a threshold waits for: the judge remembers the time of each.
pub const THRESHOLD: u32 = 1_000;
/// The longest time in which something must be declared, in days.
pub const GRACE_DAYS: u32 = 366;
/// The most words, phrases and units in all `near` of an order.
pub const NEAR_PHRASES: usize = 5_000;
/// The longest search that `near` looks at, in bytes.
pub const NEAR_TEXT: usize = 4 << 10;
/// The most values of `seen_by`.
pub const SEEN_BY: usize = 50;
/// The longest time for which records are kept, in years.
pub const KEPT_YEARS: u32 = 100;
/// The least and the most that an order lets monitoring take of a metered link, kilobytes a day. Less would
/// not carry its signs of life.
pub const METERED_KILOBYTES: (u32, u32) = (100, 10_000_000);
/// The most words between the two sides of `near`.
pub const WORDS_BETWEEN: u32 = 100;
