//! Short words for a key, which two people can read to each other.
//!
//! Promises: the same key gives the same words everywhere. Six words of 256 stand for 48 bits: enough to see that
//! two computers are not the same one, and no proof of anything else.

use crate::hash::Hash;

/// What the words are made for.
const PURPOSE: &[u8] = b"proviso device words v1\0";

/// How many there are.
const COUNT: usize = 6;

/// The words for a device: of the SHA-256 over its certificate's public key information (DER).
#[must_use]
pub fn device_words(key: &Hash) -> String {
    let digest = Hash::of(&[PURPOSE, &key.0].concat());
    let words = digest.0.iter().take(COUNT);
    let words: Vec<&str> = words
        .filter_map(|byte| WORDS.get(usize::from(*byte)).copied())
        .collect();
    words.join(" ")
}

/// One for each byte, in the order of the alphabet.
const WORDS: [&str; 256] = [
    "acorn", "actor", "album", "alley", "amber", "anchor", "ankle", "apple", "april", "apron",
    "arrow", "atlas", "autumn", "bacon", "badge", "bagel", "baker", "bamboo", "banjo", "barn",
    "basil", "basket", "beach", "beaver", "bench", "berry", "bishop", "blanket", "bonnet",
    "border", "bottle", "boxer", "branch", "bread", "bridge", "brush", "bubble", "bucket",
    "budget", "bullet", "bundle", "butter", "button", "cabin", "cactus", "camel", "candle",
    "canoe", "carbon", "carpet", "castle", "cedar", "cellar", "cement", "chalk", "cherry", "chess",
    "chimney", "circle", "citrus", "clover", "cobalt", "coffee", "collar", "comet", "copper",
    "coral", "corner", "cotton", "cousin", "cradle", "crayon", "cricket", "crown", "cuckoo",
    "curtain", "cushion", "dagger", "dairy", "dancer", "delta", "denim", "desert", "diamond",
    "dinner", "doctor", "dolphin", "donkey", "dragon", "drum", "duck", "dune", "eagle", "earth",
    "echo", "eight", "elbow", "elder", "elm", "engine", "envoy", "evening", "fabric", "falcon",
    "farmer", "feather", "fence", "fiddle", "finger", "flag", "flute", "forest", "fossil", "fox",
    "frost", "fruit", "furnace", "galaxy", "garden", "garlic", "giant", "ginger", "glacier",
    "glove", "goat", "gold", "grape", "gravel", "guitar", "hammer", "harbour", "harvest", "hazel",
    "heron", "hockey", "honey", "horse", "hotel", "hunter", "icicle", "igloo", "indigo", "island",
    "ivory", "jacket", "jaguar", "jelly", "jewel", "jigsaw", "jungle", "kayak", "kennel", "kettle",
    "kidney", "king", "kitten", "koala", "ladder", "lagoon", "lantern", "lava", "lemon", "letter",
    "lilac", "linen", "lizard", "lobster", "locket", "lunch", "magnet", "mango", "maple", "marble",
    "meadow", "melon", "mirror", "mitten", "monkey", "mosaic", "mountain", "muffin", "museum",
    "napkin", "nectar", "needle", "nickel", "north", "nutmeg", "oak", "oasis", "ocean", "olive",
    "onion", "opal", "orange", "orbit", "orchid", "otter", "oven", "owl", "oxygen", "oyster",
    "paddle", "palace", "panda", "parrot", "pebble", "pelican", "pencil", "pepper", "piano",
    "pigeon", "pillow", "pilot", "planet", "pocket", "pony", "poppy", "potato", "puddle",
    "pumpkin", "quarry", "quartz", "quilt", "rabbit", "radish", "raft", "ranger", "raven",
    "ribbon", "river", "robin", "rocket", "rose", "rubber", "saddle", "salmon", "sandal",
    "sapphire", "scarf", "school", "seagull", "shadow", "silver", "slipper", "snow", "spoon",
    "summer", "teapot", "tiger", "tulip", "valley", "velvet", "violin", "walnut", "willow",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_other_programs() {
        assert_eq!(
            device_words(&Hash([0; 32])),
            "kidney kennel cherry bullet panda cobalt"
        );
        assert_eq!(
            device_words(&Hash([1; 32])),
            "crown candle oyster farmer coral school"
        );
    }

    #[test]
    fn no_word_stands_there_twice() {
        assert!(WORDS.windows(2).all(|pair| pair[0] < pair[1]));
        let plain = |word: &&str| word.bytes().all(|byte| byte.is_ascii_lowercase());
        assert!(WORDS.iter().all(plain));
    }
}
