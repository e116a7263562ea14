//! Edges of words in many scripts. What is said here is what an order's author may rely on.

use super::tests::stands;

fn each(cases: &[(&str, &str)], expected: bool) {
    for (word, text) in cases {
        assert_eq!(stands(word, text), expected, "{word} in {text}");
    }
}

#[test]
fn arabic() {
    each(
        &[
            ("مدرسة", "أين تقع مدرسة؟"),
            ("مدرسة", "«مدرسة»"),
            ("مدرسة", "مَدْرَسَة"),
            ("مدرسة", "مـــدرســـة"),
            ("أطفال", "اطفال"),
            ("غرفة دردشة", "غرفة  دردشة"),
            ("مدرسة", "/مدرسة/3"),
        ],
        true,
    );
    each(
        &[
            // The article and other letters are written on to the word: an author lists the forms.
            ("مدرسة", "المدرسة"),
            ("مدرسة", "مدرستي"),
            ("سن", "حسن"),
        ],
        false,
    );
}

#[test]
fn hebrew() {
    each(
        &[
            ("ילדה", "ילדה בת 12"),
            ("ילדה", "יַלְדָּה"),
            ("בית ספר", "בית־ספר"),
            ("ילדה", "(ילדה)"),
        ],
        true,
    );
    each(
        &[("ילדה", "הילדה"), ("ילד", "ילדים"), ("ילד", "תילד")],
        false,
    );
}

#[test]
fn hindi() {
    each(
        &[
            ("बच्ची", "छोटी बच्ची"),
            ("बच्ची", "बच्ची।"),
            ("स्कूल", "स्कूल-की"),
            ("विद्यालय", "विद्यालय"),
        ],
        true,
    );
    each(
        &[
            ("बच्ची", "बच्चियों"),
            // Another vowel is another word.
            ("बच्ची", "बच्चा"),
            ("कल", "काल"),
            ("बच", "बच्ची"),
            // The sign that joins two consonants is no space.
            ("बच ची", "बच्ची"),
        ],
        false,
    );
}

#[test]
fn thai_has_no_edges() {
    // Words are not set apart, so a word is found wherever its letters stand.
    each(
        &[
            ("เด็ก", "เด็ก"),
            ("เด็ก", "เด็กหญิง"),
            ("โรงเรียน", "ที่โรงเรียนของฉัน"),
        ],
        true,
    );
    // But not within one letter with its vowel, nor with another tone.
    each(&[("กา", "กาำ"), ("มา", "ม้า"), ("เด", "เด็ก")], false);
}

#[test]
fn chinese_has_no_edges() {
    each(
        &[
            ("学校", "我的学校很好"),
            ("女孩", "小女孩"),
            ("少女", "美少女戦士"),
            ("学校", "学校2026"),
        ],
        true,
    );
    each(&[("学校", "学 校"), ("學校", "学校")], false);
}

#[test]
fn japanese() {
    each(
        &[
            ("学校", "私の学校は"),
            ("女の子", "その女の子と"),
            ("ロリ", "ロリ画像"),
            ("ロリ", "ﾛﾘ"),
            ("バス", "ﾊﾞｽで"),
        ],
        true,
    );
    each(
        &[
            // A run of katakana is one word.
            ("ロリ", "カロリー"),
            ("バス", "バスケット"),
            // Voiced and unvoiced sounds tell words apart.
            ("バス", "ハス"),
            ("ハス", "バス"),
        ],
        false,
    );
}

#[test]
fn korean() {
    each(
        &[
            ("학교", "우리 학교"),
            ("학교", "학교, 집"),
            // Composed or not, it is the same word.
            ("학교", "\u{1112}\u{1161}\u{11a8}\u{1100}\u{116d}"),
        ],
        true,
    );
    each(
        &[
            // Particles are written on to the word: an author lists the forms.
            ("학교", "학교에서"),
            // The half of a syllable is no word.
            ("하", "학교"),
            ("교", "학교"),
        ],
        false,
    );
}

#[test]
fn greek() {
    each(
        &[
            ("σχολείο", "ΣΧΟΛΕΙΟ"),
            ("σχολείο", "το σχολείο μου"),
            ("κορίτσι", "«κοριτσι»"),
            ("μαθητής", "ΜΑΘΗΤΗΣ"),
            ("σχολείο", "σχολεῖο"),
        ],
        true,
    );
    each(&[("σχολείο", "σχολείου"), ("ώρα", "φώρα")], false);
}

#[test]
fn cyrillic() {
    each(
        &[
            ("школа", "Школа №5"),
            ("школа", "моя-школа"),
            ("ребёнок", "РЕБЕНОК"),
            ("дети", "де\u{301}ти"),
        ],
        true,
    );
    each(
        &[("школа", "школам"), ("анал", "канал"), ("дети", "радети")],
        false,
    );
}

#[test]
fn turkish() {
    // All four kinds of i are one: no text is lowered by one language's rules.
    each(
        &[
            ("kız", "KIZ"),
            ("kız", "kiz"),
            ("kiz", "kız"),
            ("ilkokul", "İLKOKUL"),
            ("ilkokul", "ILKOKUL"),
            ("İstanbul", "istanbul"),
            ("öğrenci", "ÖĞRENCİ"),
            ("kız", "kız'ı"),
        ],
        true,
    );
    each(&[("kız", "kızlar"), ("kız", "akız")], false);
}

#[test]
fn scripts_side_by_side() {
    each(
        &[
            ("school", "schoolへ行く"),
            ("学校", "school学校"),
            ("14", "14歳"),
            ("歳", "14歳"),
        ],
        true,
    );
    each(
        &[("school", "schoolшкола"), ("школа", "schoolшкола")],
        false,
    );
}
