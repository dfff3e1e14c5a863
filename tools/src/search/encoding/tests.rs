//! Bytes as programs of several countries and times have written them.

use encoding_rs::{BIG5, EUC_JP, SHIFT_JIS, WINDOWS_1251};

use super::*;

const CHINESE: &str = "会议记录：周三下午三点在上海开会，讨论 2026 年的预算。参加的人有王芳、李伟。";
const GERMAN: &str = "Die Größe der Tür: für große Leute schön, für müde Gäste über Mittag geöffnet.";
const FRENCH: &str = "L'été à la plage : où est la clé ? – « Déjà là », dit-il. 5 €";

fn read(bytes: &[u8]) -> Option<String> {
    text(bytes).map(Cow::into_owned)
}

#[test]
fn utf_8_comes_first_and_marks_are_believed() {
    for said in ["", "plain", CHINESE, GERMAN, "naïve 中文 \u{1f600}"] {
        assert_eq!(read(said.as_bytes()).as_deref(), Some(said));
        assert_eq!(read(&[b"\xef\xbb\xbf".as_slice(), said.as_bytes()].concat()).as_deref(), Some(said));
        let (little, big): (Vec<[u8; 2]>, Vec<[u8; 2]>) =
            said.encode_utf16().map(|unit| (unit.to_le_bytes(), unit.to_be_bytes())).unzip();
        assert_eq!(
            read(&[b"\xff\xfe".as_slice(), little.concat().as_slice()].concat()).as_deref(),
            Some(said)
        );
        assert_eq!(read(&[b"\xfe\xff".as_slice(), big.concat().as_slice()].concat()).as_deref(), Some(said));
    }
    let damaged = [CHINESE.as_bytes(), b"\xff, ", CHINESE.as_bytes()].concat();
    assert_eq!(read(&damaged), Some(format!("{CHINESE}\u{fffd}, {CHINESE}")), "one wrong byte among many");
}

#[test]
fn chinese_of_older_programs_is_read() {
    for said in [
        CHINESE,
        "中",
        "用 Word 打开，再按 F5 键",
        "报价单\t数量\n螺丝\t20\n",
        "關於會議的記錄：請大家準時參加。",
    ] {
        let (bytes, _, is_lossy) = GB18030.encode(said);
        assert!(!is_lossy);
        assert_eq!(read(&bytes).as_deref(), Some(said));
    }
}

#[test]
fn western_text_is_not_taken_for_chinese() {
    for said in [
        GERMAN,
        FRENCH,
        "Größe;Preis\n10;20\n",
        "für",
        "caf\u{e9}",
        "El Niño está aquí",
        "5 €",
        "Pääsimme tänään",
    ] {
        let (bytes, _, is_lossy) = WINDOWS_1252.encode(said);
        assert!(!is_lossy);
        assert_eq!(read(&bytes).as_deref(), Some(said));
    }
}

#[test]
fn what_cannot_be_told_is_not_guessed() {
    let russian = WINDOWS_1251.encode("Привет, мир! Сегодня хорошая погода.").0;
    let traditional = BIG5.encode("會議記錄：星期三下午三點在台北開會，討論預算。").0;
    let japanese = "会議は水曜日の午後三時からです。よろしくお願いします。";
    for bytes in [russian, traditional, EUC_JP.encode(japanese).0, SHIFT_JIS.encode(japanese).0] {
        assert_eq!(read(&bytes), None, "{bytes:x?}");
    }
    let unmarked: Vec<u8> = "plain words".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in
        [unmarked.as_slice(), b"\x7fELF\x02\x01\x01\0\0\0\xff\xfe", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\x90"]
    {
        assert_eq!(read(bytes), None, "{bytes:x?}");
    }
}

#[cfg(feature = "web")]
#[test]
fn a_page_says_how_it_is_written() {
    let declare = |label: &str, bytes: &[u8]| {
        [format!("<html><head><META Charset='{label}'></head><body>").as_bytes(), bytes].concat()
    };
    let russian = "Привет, мир!";
    let bytes = declare("windows-1251", &WINDOWS_1251.encode(russian).0);
    assert!(page(&bytes).unwrap().ends_with(russian));
    // What is UTF-8 is that, whatever it says, and what it says may be wrong.
    assert!(page(&declare("windows-1251", russian.as_bytes())).unwrap().ends_with(russian));
    let bytes = declare("utf-8", &GB18030.encode(CHINESE).0);
    assert!(page(&bytes).unwrap().ends_with(CHINESE));
    assert!(page(&declare("nonsense", GERMAN.as_bytes())).unwrap().ends_with(GERMAN));
}

#[cfg(feature = "web")]
#[test]
fn an_answer_is_in_the_encoding_that_its_type_names() {
    let gbk = GB18030.encode("联通").0;
    let (word, line) = (WINDOWS_1251.encode("Привет").0, WINDOWS_1251.encode("Привет, мир!").0);
    let cases: [(&str, &[u8], &str); 8] = [
        ("text/html; charset=gbk", &gbk, "联通"),
        ("text/plain; format=flowed; Charset=\"GB2312\"", &gbk, "联通"),
        ("text/plain; charset=iso-8859-1", b"Caf\xe9", "Café"),
        ("text/plain; charset=windows-1251", &word, "Привет"),
        // A mark is believed before all else.
        ("text/html; charset=utf-8", b"\xff\xfeG\0r\0\xfc\0n\0", "Grün"),
        ("text/html; charset=iso-8859-1", "Grün".as_bytes(), "Grün"),
        ("text/html", b"<meta charset=gb2312>\xc4\xe3\xba\xc3", "<meta charset=gb2312>你好"),
        ("text/plain; charset=nonsense", b"Caf\xe9", "Café"),
    ];
    for (kind, bytes, said) in cases {
        assert_eq!(answered(bytes, kind), said, "{kind}");
    }
    assert!(answered(&line, "text/plain").starts_with('\u{fffd}'), "what cannot be told is not guessed");
}
