//! Serde for byte strings in JSON: base64 (RFC 4648, section 4).

use data_encoding::BASE64;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

pub(crate) fn serialize<S: Serializer>(
    bytes: impl AsRef<[u8]>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&BASE64.encode_display(bytes.as_ref()))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>, T: TryFrom<Vec<u8>>>(
    deserializer: D,
) -> Result<T, D::Error> {
    let text = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
    let bytes = BASE64
        .decode(text.as_bytes())
        .map_err(|_| D::Error::custom("bad base64"))?;
    T::try_from(bytes).map_err(|_| D::Error::custom("a byte string of another length"))
}

/// The bytes of a text that has exactly one spelling. [`BASE64`] alone also takes texts that were
/// padded and joined (`AA==AA==`).
pub(crate) fn decode_strict(text: &str) -> Option<Vec<u8>> {
    let bytes = BASE64.decode(text.as_bytes()).ok()?;
    (BASE64.encode(&bytes) == text).then_some(bytes)
}

/// The same for a list of byte strings.
pub(crate) mod list {
    use data_encoding::BASE64;
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        list: &[Vec<u8>],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(list.iter().map(|bytes| BASE64.encode(bytes)))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Vec<u8>>, D::Error> {
        Vec::<String>::deserialize(deserializer)?
            .iter()
            .map(|text| {
                BASE64
                    .decode(text.as_bytes())
                    .map_err(|_| D::Error::custom("bad base64"))
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::decode_strict;

    #[test]
    fn has_one_spelling() {
        assert_eq!(decode_strict("AAA="), Some(vec![0, 0]));
        assert_eq!(decode_strict(""), Some(Vec::new()));
        for wrong in [
            "AA==AA==", "AAA=AAAA", "AAAAAA=", "AAB=", "AAA=\n", "=", "====",
        ] {
            assert_eq!(decode_strict(wrong), None, "{wrong}");
        }
    }
}
