use super::*;

/// Printed by Python: what each of its encodings writes for a text with the characters that tell it from others.
const CASES: &[(&str, &[u8], &str)] = &[
    ("cp866", b"\x8f\xe0\xa8\xa2\xa5\xe2 \xbc", "Привет ╝"),
    ("cp874", b"\xca\xc7\xd1\xca\xb4\xd5 \x80", "สวัสดี €"),
    ("cp1250", b"Za\xbf\xf3\xb3\xe6 \x80", "Zażółć €"),
    ("cp1251", b"\xcf\xf0\xe8\xe2\xe5\xf2 \x88", "Привет €"),
    ("cp1252", b"na\xefve \x96 \x80", "naïve – €"),
    ("cp1253", b"\xe3\xe5\xe9\xdc \x80", "γειά €"),
    ("cp1254", b"A\xf0a\xe7 \x80", "Ağaç €"),
    ("cp1255", b"\xf9\xec\xe5\xed \x80", "שלום €"),
    ("cp1256", b"\xd3\xe1\xc7\xe3 \x80", "سلام €"),
    ("cp1257", b"\xc0\xfeuolas \x80", "Ąžuolas €"),
    ("cp1258", b"\xd0\xfd \x80", "Đư €"),
    ("iso8859_2", b"Za\xbf\xf3\xb3\xe6", "Zażółć"),
    ("iso8859_3", b"\xc6irka\xfd", "Ĉirkaŭ"),
    ("iso8859_4", b"\xa1\xbeuols", "Ąžuols"),
    ("iso8859_5", b"\xbf\xe0\xd8\xd2\xd5\xe2", "Привет"),
    ("iso8859_6", b"\xd3\xe4\xc7\xe5", "سلام"),
    ("iso8859_7", b"\xe3\xe5\xe9\xdc", "γειά"),
    ("iso8859_8", b"\xf9\xec\xe5\xed", "שלום"),
    ("iso8859_9", b"A\xf0a\xe7 \x80\x9f", "Ağaç \u{80}\u{9f}"),
    ("iso8859_10", b"\xde\xf3r\xf0ur \xbf", "Þórður ŋ"),
    ("iso8859_11", b"\xca\xc7\xd1\xca\xb4\xd5 \x80", "สวัสดี \u{80}"),
    ("tis_620", b"\xca\xc7\xd1\xca\xb4\xd5 \x85", "สวัสดี \u{85}"),
    ("iso8859_13", b"\xc0\xfeuolas", "Ąžuolas"),
    ("iso8859_14", b"\xa8\xfe", "Ẁŷ"),
    ("iso8859_15", b"c\xbdur \xa4", "cœur €"),
    ("iso8859_16", b"\xaatiin\xfe\xe3 \xa4", "Știință €"),
    ("koi8_r", b"\xf0\xd2\xc9\xd7\xc5\xd4", "Привет"),
    ("koi8_u", b"\xb7\xd6\xc1\xcb \xae\xbe", "Їжак ╝╬"),
    ("mac_cyrillic", b"\x8f\xf0\xe8\xe2\xe5\xf2", "Привет"),
    ("mac_roman", b"na\x95ve \xde", "naïve ﬁ"),
    ("shift_jis", b"\x95\x5c\x8e\xa6\x81`\x81a\x81|\x81\x91\x81\x92\x81\xca", "表示〜‖−¢£¬"),
    ("cp932", b"\x95\x5c\x8e\xa6\x81`\x87@", "表示～①"),
    ("euc_jp", b"\xc9\xbd\xbc\xa8\xa1\xc1\xa1\xc2\xa1\xdd\xa1\xf1\xa1\xf2\xa2\xcc", "表示〜‖−¢£¬"),
    ("iso2022_jp", b"\x1b$BI=<(!A\x1b(B", "表示〜"),
    ("gb2312", b"\xd6\xd0\xce\xc4\xa1\xa4\xa1\xaa", "中文・―"),
    ("gbk", b"\xd6\xd0\xce\xc4\xa1\xa4\xa1\xaa\xe6g", "中文·—鎔"),
    ("gb18030", b"\xd6\xd0\xce\xc4\xa2\xe3\x949\xfc6", "中文€😀"),
    ("big5", b"\xa4\xa4\xa4\xe5\xb3\x5c\xa5\x5c\xbb\x5c", "中文許功蓋"),
    ("big5hkscs", b"\xa4\xa4\xa4\xe5\xb3\x5c\xa5\x5c\xbb\x5c\x9d\xef", "中文許功蓋嘅"),
    ("cp950", b"\xa4\xa4\xa4\xe5\xb3\x5c\xa5\x5c\xbb\x5c", "中文許功蓋"),
    ("euc_kr", b"\xc7\xd1\xb1\xb9\xbe\xee", "한국어"),
    ("cp949", b"\xc7\xd1\xb1\xb9\xbe\xee \x8cc", "한국어 똠"),
    ("latin_1", b"na\xefve \x80\xe9", "naïve \u{80}é"),
    ("utf_8", b"na\xc3\xafve \xe4\xb8\xad\xe6\x96\x87", "naïve 中文"),
    ("ascii", b"plain", "plain"),
];

fn declared(name: &str, bytes: &[u8]) -> Vec<u8> {
    [format!("# coding: {name}\n").as_bytes(), bytes].concat()
}

/// What is read below a declaration of this encoding.
fn read_as(name: &str, bytes: &[u8]) -> String {
    let text = decode(declared(name, bytes)).unwrap_or_else(|error| panic!("{name}: {}", error.message));
    text.split_once('\n').unwrap().1.to_owned()
}

fn error_of(bytes: &[u8]) -> Undecodable {
    decode(bytes.to_vec()).unwrap_err()
}

#[test]
fn every_encoding_is_read_as_python_writes_it() {
    for (name, bytes, text) in CASES {
        assert_eq!(read_as(name, bytes), *text, "{name}");
    }
}

#[test]
fn names_are_spelled_as_freely_as_python_lets_them() {
    for name in ["Windows-1251", "windows.1251", "1251", "CP1251", "-cp1251_", "windows__1251"] {
        assert_eq!(read_as(name, b"\xcf"), "П", "{name}");
    }
    for name in ["KOI8-R", "koi8_r", "csKOI8R"] {
        assert_eq!(read_as(name, b"\xd0"), "п", "{name}");
    }
    for name in ["ISO_8859_1", "iso8859-1", "L1", "latin", "Latin_1", "iso-latin-1", "cp819"] {
        assert_eq!(read_as(name, b"\xe9"), "é", "{name}");
    }
    for name in ["UTF8", "utf_8", "U8", "cp65001", "utf-8-sig"] {
        assert_eq!(read_as(name, "é".as_bytes()), "é", "{name}");
    }
}

#[test]
fn latin_1_is_not_the_windows_encoding_that_browsers_take_it_for() {
    assert_eq!(read_as("latin-1", b"\x80"), "\u{80}");
    assert_eq!(read_as("cp1252", b"\x80"), "€");
}

#[test]
fn a_suffix_of_an_editor_changes_nothing_where_python_drops_it() {
    assert_eq!(read_as("latin-1-unix", b"\xe9"), "é");
    assert_eq!(read_as("iso-8859-1-unix-and-more", b"\xe9"), "é");
    assert_eq!(read_as("utf-8-unix", "é".as_bytes()), "é");

    assert!(error_of(&declared("cp1252-unix", b"")).message.contains("`cp1252-unix`"));
    assert!(error_of(&declared("latin-1x", b"")).message.contains("`latin-1x`"));
}

#[test]
fn bytes_without_a_character_are_told_with_their_line() {
    for (name, bytes) in [
        ("utf-8", &b"\n\nx = '\xff'"[..]),
        ("ascii", b"\n\nx = '\xe9'"),
        ("cp1252", b"\n\nx = '\x81'"),
        ("iso8859_3", b"\n\nx = '\xa5'"),
        ("shift_jis", b"\n\nx = '\x81'\n"),
        ("euc_jp", b"\r\n\r\nx = '\xa4"),
        ("gb18030", b"\r\rx = '\xff'"),
    ] {
        assert_eq!(error_of(&declared(name, bytes)).line, 4, "{name}");
    }
}

#[test]
fn an_encoding_that_is_not_read_is_named_with_the_line_of_its_comment() {
    let error = error_of(b"\n# coding=cp437\n");

    assert_eq!(error.line, 2);
    assert!(error.message.starts_with("is written in `cp437`, which discovery cannot read"));
}

#[test]
fn encodings_in_which_python_reads_no_source_are_refused_with_that_reason() {
    for name in ["utf-16", "UTF_16_LE", "u16", "utf-32", "utf-32-be"] {
        let error = error_of(&declared(name, b""));

        assert_eq!(error.line, 1);
        assert!(error.message.contains("Python reads no source"), "{name}: {}", error.message);
    }
}

#[test]
fn a_byte_order_mark_is_not_part_of_the_text() {
    assert_eq!(decode(b"\xef\xbb\xbfx = 1".to_vec()).unwrap(), "x = 1");
    assert_eq!(decode(b"\xef\xbb\xbf# coding: UTF_8\n".to_vec()).unwrap(), "# coding: UTF_8\n");
}

#[test]
fn a_byte_order_mark_and_another_encoding_contradict_each_other() {
    for name in ["latin-1", "cp1252", "ascii", "utf8", "nonsense"] {
        let error = error_of(format!("\u{feff}\n# coding: {name}\n").as_bytes());

        assert_eq!(error.line, 2);
        assert!(error.message.contains(name) && error.message.contains("the mark of UTF-8"), "{name}");
    }
}

#[test]
fn a_comment_names_the_encoding_where_python_looks_for_it() {
    for head in [
        "# -*- coding: latin-1 -*-\n",
        "#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\n",
        "\n# coding: latin-1\n",
        "\x0c\n \t\x0c# coding: latin-1\n",
        "# one\r# coding: latin-1\r",
        "# one\r\n# coding: latin-1\r\n",
        "# coding=: coding=latin-1\n",
        "# coding:\tlatin-1\n",
        "# encoding: latin-1",
    ] {
        let text = decode([head.as_bytes(), b"# \xe9"].concat());

        assert!(text.is_ok_and(|text| text.ends_with('é')), "{head:?}");
    }
}

#[test]
fn a_comment_elsewhere_names_no_encoding() {
    for head in [
        "x = 1\n# coding: latin-1\n",
        "x = 1 # coding: latin-1\n",
        "\n\n# coding: latin-1\n",
        "\r\r# coding: latin-1\r",
        "'''\n# coding: latin-1\n'''\n",
        "# coding : latin-1\n",
        "# Coding: latin-1\n",
        "# coding:\x0clatin-1\n",
        "\x0b\n# coding: latin-1\n",
    ] {
        let error = error_of(&[head.as_bytes(), b"# \xe9"].concat());

        assert!(error.message.contains("not valid UTF-8"), "{head:?}: {}", error.message);
    }
}

#[test]
fn line_ends_and_form_feeds_are_left_as_they_are() {
    let source = "x = 1\r\x0c\ry = 2\r\nz = 3\n\x0c";

    assert_eq!(decode(source.as_bytes().to_vec()).unwrap(), source);
    assert_eq!(read_as("cp1252", source.as_bytes()), source);
}

#[test]
fn text_that_grows_to_three_times_its_bytes_is_read_whole() {
    assert_eq!(read_as("cp932", &b"\xb1".repeat(100_000)), "ｱ".repeat(100_000));
    assert_eq!(read_as("cp1252", &b"\x80".repeat(100_000)), "€".repeat(100_000));
}
