//! Which encoding Python means by a name, among those that `encoding_rs` can read.
//!
//! Names mean what Python says, not what browsers say, which take `latin-1` for `cp1252` and `gb2312` for `gbk`.
//! Where both tables differ in few places, a [`Quirk`] settles it. What stays different: the multibyte encodings
//! also take byte pairs that Python refuses, and some symbols of `big5`, `cp950` and `gb18030` are other ones.

use encoding_rs::{self as rs, Encoding};

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Named {
    Utf8,
    Ascii,
    /// Every byte is the character of that number.
    Latin1,
    /// More than one byte for every character, so that not even `#` is itself: Python reads no source in it.
    Wide,
    Other(&'static Encoding, Quirk),
}

/// How Python's table differs from that of `encoding_rs`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Quirk {
    None,
    /// Python has no character for the bytes that are read as controls (U+0080 to U+009F).
    NoControls,
    /// Python takes the bytes 0x80 to 0x9F for controls, where the Windows encoding has characters.
    Controls,
    /// Python reads the second character of a pair where `encoding_rs` reads the first.
    Swaps(&'static [(char, char)]),
}

const KOI8_U: Quirk = Quirk::Swaps(&[('ў', '╝'), ('Ў', '╬')]);
const GB2312: Quirk = Quirk::Swaps(&[('·', '・'), ('—', '―')]);
const JAPANESE: Quirk = Quirk::Swaps(&[
    ('\u{ff5e}', '\u{301c}'),
    ('\u{2225}', '\u{2016}'),
    ('\u{ff0d}', '\u{2212}'),
    ('\u{ffe0}', '\u{a2}'),
    ('\u{ffe1}', '\u{a3}'),
    ('\u{ffe2}', '\u{ac}'),
]);

/// The encoding of a name, in whatever spelling Python accepts.
pub(super) fn named(name: &str) -> Option<Named> {
    use Named::{Ascii, Latin1, Other, Utf8, Wide};
    use Quirk::{Controls, NoControls, None as Same};

    Some(match normalized(name).as_str() {
        "utf_8" | "utf_8_sig" | "cp65001" | "u8" | "utf" | "utf8" | "utf8_ucs2" | "utf8_ucs4" => Utf8,
        "ascii" | "646" | "ansi_x3_4_1968" | "ansi_x3_4_1986" | "cp367" | "csascii" | "ibm367"
        | "iso646_us" | "iso_646_irv_1991" | "iso_ir_6" | "us" | "us_ascii" => Ascii,
        "latin_1" | "8859" | "cp819" | "csisolatin1" | "ibm819" | "iso8859" | "iso8859_1" | "iso_8859_1"
        | "iso_8859_1_1987" | "iso_ir_100" | "l1" | "latin" | "latin1" => Latin1,
        "utf_16"
        | "u16"
        | "utf16"
        | "utf_16_le"
        | "unicodelittleunmarked"
        | "utf_16le"
        | "utf_16_be"
        | "unicodebigunmarked"
        | "utf_16be"
        | "utf_32"
        | "u32"
        | "utf32"
        | "utf_32_le"
        | "utf_32le"
        | "utf_32_be"
        | "utf_32be" => Wide,

        "cp866" | "866" | "csibm866" | "ibm866" => Other(rs::IBM866, Same),
        "cp874" => Other(rs::WINDOWS_874, NoControls),
        "cp1250" | "1250" | "windows_1250" => Other(rs::WINDOWS_1250, NoControls),
        "cp1251" | "1251" | "windows_1251" => Other(rs::WINDOWS_1251, NoControls),
        "cp1252" | "1252" | "windows_1252" => Other(rs::WINDOWS_1252, NoControls),
        "cp1253" | "1253" | "windows_1253" => Other(rs::WINDOWS_1253, NoControls),
        "cp1254" | "1254" | "windows_1254" => Other(rs::WINDOWS_1254, NoControls),
        "cp1255" | "1255" | "windows_1255" => Other(rs::WINDOWS_1255, NoControls),
        "cp1256" | "1256" | "windows_1256" => Other(rs::WINDOWS_1256, NoControls),
        "cp1257" | "1257" | "windows_1257" => Other(rs::WINDOWS_1257, NoControls),
        "cp1258" | "1258" | "windows_1258" => Other(rs::WINDOWS_1258, NoControls),

        "iso8859_2" | "csisolatin2" | "iso_8859_2" | "iso_8859_2_1987" | "iso_ir_101" | "l2" | "latin2" => {
            Other(rs::ISO_8859_2, Same)
        }
        "iso8859_3" | "csisolatin3" | "iso_8859_3" | "iso_8859_3_1988" | "iso_ir_109" | "l3" | "latin3" => {
            Other(rs::ISO_8859_3, Same)
        }
        "iso8859_4" | "csisolatin4" | "iso_8859_4" | "iso_8859_4_1988" | "iso_ir_110" | "l4" | "latin4" => {
            Other(rs::ISO_8859_4, Same)
        }
        "iso8859_5" | "csisolatincyrillic" | "cyrillic" | "iso_8859_5" | "iso_8859_5_1988" | "iso_ir_144" => {
            Other(rs::ISO_8859_5, Same)
        }
        "iso8859_6" | "arabic" | "asmo_708" | "csisolatinarabic" | "ecma_114" | "iso_8859_6"
        | "iso_8859_6_1987" | "iso_ir_127" => Other(rs::ISO_8859_6, Same),
        "iso8859_7" | "csisolatingreek" | "ecma_118" | "elot_928" | "greek" | "greek8" | "iso_8859_7"
        | "iso_8859_7_1987" | "iso_ir_126" => Other(rs::ISO_8859_7, Same),
        "iso8859_8" | "csisolatinhebrew" | "hebrew" | "iso_8859_8" | "iso_8859_8_1988" | "iso_ir_138" => {
            Other(rs::ISO_8859_8, Same)
        }
        "iso8859_9" | "csisolatin5" | "iso_8859_9" | "iso_8859_9_1989" | "iso_ir_148" | "l5" | "latin5" => {
            Other(rs::WINDOWS_1254, Controls)
        }
        "iso8859_10" | "csisolatin6" | "iso_8859_10" | "iso_8859_10_1992" | "iso_ir_157" | "l6"
        | "latin6" => Other(rs::ISO_8859_10, Same),
        "iso8859_11" | "iso_8859_11" | "iso_8859_11_2001" | "thai" => Other(rs::WINDOWS_874, Controls),
        "tis_620" | "iso_ir_166" | "tis620" | "tis_620_0" | "tis_620_2529_0" | "tis_620_2529_1" => {
            Other(rs::WINDOWS_874, Controls)
        }
        "iso8859_13" | "iso_8859_13" | "l7" | "latin7" => Other(rs::ISO_8859_13, Same),
        "iso8859_14" | "iso_8859_14" | "iso_8859_14_1998" | "iso_celtic" | "iso_ir_199" | "l8" | "latin8" => {
            Other(rs::ISO_8859_14, Same)
        }
        "iso8859_15" | "iso_8859_15" | "l9" | "latin9" => Other(rs::ISO_8859_15, Same),
        "iso8859_16" | "iso_8859_16" | "iso_8859_16_2001" | "iso_ir_226" | "l10" | "latin10" => {
            Other(rs::ISO_8859_16, Same)
        }

        "koi8_r" | "cskoi8r" => Other(rs::KOI8_R, Same),
        "koi8_u" => Other(rs::KOI8_U, KOI8_U),
        "mac_cyrillic" | "maccyrillic" => Other(rs::X_MAC_CYRILLIC, Same),
        "mac_roman" | "macintosh" | "macroman" => Other(rs::MACINTOSH, Same),

        "shift_jis" | "csshiftjis" | "s_jis" | "shiftjis" | "sjis" | "x_mac_japanese" => {
            Other(rs::SHIFT_JIS, JAPANESE)
        }
        "cp932" | "932" | "ms932" | "ms_kanji" | "mskanji" | "windows_31j" => Other(rs::SHIFT_JIS, Same),
        "euc_jp" | "eucjp" | "u_jis" | "ujis" => Other(rs::EUC_JP, JAPANESE),
        "iso2022_jp" | "csiso2022jp" | "iso2022jp" | "iso_2022_jp" => Other(rs::ISO_2022_JP, JAPANESE),
        "gb2312" | "chinese" | "csiso58gb231280" | "euc_cn" | "euccn" | "eucgb2312_cn" | "gb2312_1980"
        | "gb2312_80" | "iso_ir_58" | "x_mac_simp_chinese" => Other(rs::GBK, GB2312),
        "gbk" | "936" | "cp936" | "ms936" => Other(rs::GBK, Same),
        "gb18030" | "gb18030_2000" => Other(rs::GB18030, Same),
        "big5" | "big5_tw" | "csbig5" | "x_mac_trad_chinese" | "big5hkscs" | "big5_hkscs" | "hkscs"
        | "cp950" | "950" | "ms950" => Other(rs::BIG5, Same),
        "euc_kr" | "euckr" | "korean" | "ks_c_5601" | "ks_c_5601_1987" | "ks_x_1001" | "ksc5601"
        | "ksx1001" | "x_mac_korean" | "cp949" | "949" | "ms949" | "uhc" => Other(rs::EUC_KR, Same),
        _ => return None,
    })
}

/// As `encodings.normalize_encoding` does it: lower case, one `_` for whatever stands between letters and digits.
fn normalized(name: &str) -> String {
    let words = name.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_ascii_lowercase).collect::<Vec<_>>().join("_")
}

impl Quirk {
    /// Makes the text what Python reads, else tells the offset of a byte that Python has no character for.
    pub(super) fn apply(self, text: String, bytes: &[u8]) -> Result<String, usize> {
        let is_control = |letter: &char| ('\u{80}'..='\u{9f}').contains(letter);
        // The first two are quirks of encodings with one byte a character, so that both can be counted alike.
        Ok(match self {
            Self::None => text,
            Self::NoControls => match text.chars().position(|letter| is_control(&letter)) {
                Some(offset) => return Err(offset),
                None => text,
            },
            Self::Controls => text
                .chars()
                .zip(bytes)
                .map(|(letter, byte)| Some(char::from(*byte)).filter(is_control).unwrap_or(letter))
                .collect(),
            Self::Swaps(pairs) => text
                .chars()
                .map(|letter| {
                    pairs.iter().find(|(theirs, _)| *theirs == letter).map_or(letter, |(_, ours)| *ours)
                })
                .collect(),
        })
    }
}
