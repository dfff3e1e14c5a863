//! Finding documents in both languages.

use super::*;

#[test]
fn the_right_document_comes_first() {
    let documents = Documents::bundled().unwrap();
    let cases = [
        ("refund train ticket", "Refund rules for train tickets"),
        ("what does visa-free mean", "Visa-free travel"),
        ("packing for cold weather in January", "Packing for cold weather"),
        ("lost my passport", "Lost passport abroad"),
        ("which accounts are there", "Accounts in the sandbox"),
        ("jet lag tips", "Jet lag"),
        ("visiting Kyoto temples", "Visiting Kyoto"),
        ("火车票怎么退票", "火车票退票规则"),
        ("免签是什么意思", "什么是免签"),
        ("去哈尔滨冬天穿什么衣服", "冬季去东北穿什么"),
        ("高铁几分钟前停止检票", "高铁乘车须知"),
        ("护照丢了", "护照丢失怎么办"),
        ("成都大熊猫", "成都旅游建议"),
    ];
    for (query, title) in cases {
        let hits = documents.find(query, 3).unwrap();
        assert_eq!(hits.first().map(|hit| hit.title.as_str()), Some(title), "{query}: {hits:?}");
    }
}

#[test]
fn snippets_are_short_and_to_the_point() {
    let documents = Documents::bundled().unwrap();
    for query in ["power bank", "充电宝", "passport", "the receipt number of every payment", "高铁"] {
        for hit in documents.find(query, 5).unwrap() {
            assert!(hit.snippet.chars().count() <= 200 && !hit.snippet.is_empty(), "{query}: {hit:?}");
        }
    }
    let hits = documents.find("power bank airline", 1).unwrap();
    assert!(hits[0].snippet.contains("Power banks belong in hand luggage"), "{hits:?}");
    let hits = documents.find("充电宝托运", 1).unwrap();
    assert!(hits[0].snippet.contains("充电宝必须随身携带"), "{hits:?}");
}

#[test]
fn nothing_fits_or_nothing_is_asked() {
    let documents = Documents::bundled().unwrap();
    assert_eq!(documents.find("xylophonist quark", 3).unwrap(), vec![]);
    for query in ["", "  ", "?!"] {
        assert!(documents.find(query, 3).unwrap_err().to_string().starts_with("nothing to search for"));
    }
}

#[test]
fn a_folder_can_be_searched() {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("deep")).unwrap();
    std::fs::write(folder.path().join("plain.txt"), "The spare key lies under the third flowerpot.").unwrap();
    std::fs::write(folder.path().join("deep/notes.md"), "# 备忘\n周三要交水电费。").unwrap();
    std::fs::write(folder.path().join("image.png"), "key key key").unwrap();
    let documents = Documents::of_folder(folder.path()).unwrap();
    let hits = documents.find("where is the key", 5).unwrap();
    assert_eq!((hits.len(), hits[0].title.as_str()), (1, "plain"));
    let hits = documents.find("水电费", 5).unwrap();
    assert_eq!((hits[0].title.as_str(), hits[0].snippet.as_str()), ("备忘", "周三要交水电费。"));
    assert!(
        Documents::of_folder(&folder.path().join("nowhere")).unwrap_err().to_string().contains("nowhere")
    );
    let empty = tempfile::TempDir::new().unwrap();
    assert!(
        Documents::of_folder(empty.path()).unwrap_err().to_string().ends_with("holds no .txt or .md file")
    );
}

#[test]
fn the_bundled_collection_is_large_enough() {
    let count = |text: &str| text.lines().filter(|line| line.starts_with("# ")).count();
    let english = count(include_str!("../../data/documents.en.md"));
    let chinese = count(include_str!("../../data/documents.zh.md"));
    assert!(english + chinese >= 40 && chinese >= 20);
}
