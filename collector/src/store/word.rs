//! Enumerations that stand in a table as one short word each.

/// A word that the table does not know.
#[derive(Debug, thiserror::Error)]
#[error("not a word that stands here")]
pub struct UnknownWord;

/// Gives enumerations their words in the table, and the way back.
macro_rules! words {
    ($($type:ident { $($one:ident = $word:literal,)+ })+) => {$(
        impl $type {
            /// All of them.
            pub const ALL: [Self; [$($word,)+].len()] = [$(Self::$one,)+];

            /// The form in the table.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$one => $word,)+ }
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::store::word::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($word => Ok(Self::$one),)+
                    _ => Err($crate::store::word::UnknownWord),
                }
            }
        }
    )+};
}
pub(super) use words;
