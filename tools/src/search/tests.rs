//! Finding documents in both languages.

#[cfg(feature = "pdf")]
use std::fmt::Write;

use super::*;

mod left_out;

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
fn a_single_chinese_character_is_found() {
    let folder = tempfile::TempDir::new().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("tea.txt", "喝茶。");
    write("station.txt", "出租车在火车站等车。");
    write("ticket.txt", "在窗口取车票。");
    write("torch.txt", "火把节在夏天。");
    let documents = Documents::of_folder(folder.path()).unwrap();
    let titles = |query: &str| {
        let hits = documents.find(query, 5).unwrap();
        hits.into_iter().map(|hit| hit.title).collect::<Vec<_>>()
    };
    assert_eq!(titles("茶"), ["tea"], "at the end of a word");
    assert_eq!(titles("车"), ["station", "ticket"], "the one that says it most comes first");
    assert_eq!(titles("火车"), ["station"], "a word is found as a whole");
    assert_eq!(titles("火把, 车"), ["torch", "station", "ticket"], "a character says less than a word");
    assert_eq!(documents.find("窗", 5).unwrap()[0].snippet, "在窗口取车票。");
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
    assert_eq!(row(&hits[0])["file"], "plain.txt");
    let hits = documents.find("水电费", 5).unwrap();
    assert_eq!((hits[0].title.as_str(), hits[0].snippet.as_str()), ("备忘", "周三要交水电费。"));
    let file = hits[0].file.as_deref().map(std::path::Path::new);
    assert_eq!(file, Some(std::path::Path::new("deep/notes.md")), "two may have one title");
    assert!(
        Documents::of_folder(&folder.path().join("nowhere")).unwrap_err().to_string().contains("nowhere")
    );
    let empty = tempfile::TempDir::new().unwrap();
    assert!(
        Documents::of_folder(empty.path())
            .unwrap_err()
            .to_string()
            .contains("holds no file that can be searched: txt, md")
    );
}

#[test]
fn the_bundled_collection_is_large_enough() {
    let count = |text: &str| text.lines().filter(|line| line.starts_with("# ")).count();
    let english = count(include_str!("../../data/documents.en.md"));
    let chinese = count(include_str!("../../data/documents.zh.md"));
    assert!(english + chinese >= 40 && chinese >= 20);
}

#[test]
fn a_folder_that_changes_is_found_as_it_is() {
    let folder = tempfile::TempDir::new().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("tides.txt", "High water at noon.");
    write("stays.txt", "The lighthouse stays.");
    let documents = Documents::of_folder(folder.path()).unwrap();
    assert_eq!(documents.find("water", 5).unwrap().len(), 1);
    write("tides.txt", "Low tide at six in the evening.");
    write("new.md", "# Ferry\nThe ferry leaves at seven.");
    assert_eq!(documents.find("water", 5).unwrap(), vec![], "what was changed is read again");
    assert_eq!(documents.find("ferry", 5).unwrap()[0].title, "Ferry");
    std::fs::remove_file(folder.path().join("new.md")).unwrap();
    assert_eq!(documents.find("ferry", 5).unwrap(), vec![], "what is gone is not found");
    assert_eq!(documents.find("lighthouse", 5).unwrap().len(), 1);
}

/// A document of one page with one line of text.
#[cfg(feature = "pdf")]
fn pdf_of(line: &str) -> Vec<u8> {
    pdf_with(line, None, "")
}

/// The same with one more object, the sixth one, and more in its trailer.
#[cfg(feature = "pdf")]
fn pdf_with(line: &str, more: Option<&str>, trailer: &str) -> Vec<u8> {
    let content = format!("BT /F1 12 Tf 72 720 Td ({line}) Tj ET");
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{content}\nendstream", content.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    objects.extend(more.map(str::to_owned));
    let mut text = "%PDF-1.4\n".to_owned();
    let mut places = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        places.push(text.len());
        writeln!(text, "{} 0 obj\n{object}\nendobj", index + 1).unwrap();
    }
    let start = text.len();
    writeln!(text, "xref\n0 {}\n0000000000 65535 f ", objects.len() + 1).unwrap();
    for place in places {
        writeln!(text, "{place:010} 00000 n ").unwrap();
    }
    let size = objects.len() + 1;
    writeln!(text, "trailer\n<< /Size {size} /Root 1 0 R {trailer}>>\nstartxref\n{start}\n%%EOF").unwrap();
    text.into_bytes()
}

#[cfg(all(feature = "pdf", feature = "web"))]
#[test]
fn pages_and_pdf_documents_are_read() {
    let folder = tempfile::TempDir::new().unwrap();
    let page = "<html><head><title>Harbour rules</title></head><body><nav>Home</nav><main><p>No wake near the pier.</p></main></body></html>";
    std::fs::write(folder.path().join("rules.html"), page).unwrap();
    std::fs::write(folder.path().join("tides.PDF"), pdf_of("High water comes at noon")).unwrap();
    std::fs::write(folder.path().join("broken.pdf"), "%PDF-1.4 and nothing else").unwrap();
    std::fs::write(folder.path().join("cut.pdf"), &pdf_of("cut")[..200]).unwrap();
    let documents = Documents::of_folder(folder.path()).unwrap();
    let hits = documents.find("wake at the pier", 5).unwrap();
    assert_eq!(hits[0].title, "Harbour rules");
    let hits = documents.find("high water", 5).unwrap();
    assert_eq!(hits[0].title, "tides");
    assert!(hits[0].snippet.contains("noon"), "{hits:?}");
    assert_eq!(documents.find("home", 5).unwrap(), vec![], "what is around a text is not part of it");
}

#[cfg(feature = "pdf")]
#[test]
fn damaged_pdf_documents_are_refused() {
    let whole = pdf_of("whole");
    assert!(super::pdf::text(whole.clone()).unwrap().contains("whole"));
    let circle =
        String::from_utf8(whole.clone()).unwrap().replace("/Kids [3 0 R]", "/Kids [2 0 R]").into_bytes();
    for damaged in
        [b"".to_vec(), b"%PDF-".to_vec(), whole[..whole.len() / 2].to_vec(), vec![0xff; 10_000], circle]
    {
        // An error or no text, never more.
        let read = super::pdf::text(damaged);
        assert!(read.is_err() || read.is_ok_and(|text| text.trim().is_empty()));
    }
}

#[test]
fn a_long_log_is_searched_soon() {
    let folder = tempfile::TempDir::new().unwrap();
    // One without ends of sentences, too: there, nothing says where a stretch begins.
    let lines = "2026-11-23 10:00:00 error in worker: error again\n".repeat(35_000);
    std::fs::write(folder.path().join("log.txt"), &lines).unwrap();
    std::fs::write(folder.path().join("one line.txt"), lines.replace('\n', " ")).unwrap();
    let documents = Documents::of_folder(folder.path()).unwrap();
    let begun = std::time::Instant::now();
    let hits = documents.find("error worker", 5).unwrap();
    assert_eq!(hits.len(), 2);
    assert!(hits.iter().all(|hit| hit.snippet.contains("error in worker")), "{hits:?}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[test]
fn files_that_are_too_large_are_named() {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::write(folder.path().join("long.txt"), "key ".repeat(600_000)).unwrap();
    let error = Documents::of_folder(folder.path()).unwrap_err().to_string();
    assert!(error.contains("long.txt is larger than 2 MB"), "{error}");
    std::fs::write(folder.path().join("short.txt"), "The spare key.").unwrap();
    assert_eq!(Documents::of_folder(folder.path()).unwrap().find("key", 5).unwrap().len(), 1);
}

#[tokio::test]
async fn the_tool_answers_in_its_shape() {
    let documents = std::sync::Arc::new(Documents::bundled().unwrap());
    let now = jiff::civil::date(2026, 11, 23).at(10, 0, 0, 0);
    let context = handyman_core::CallContext::new(now);
    let arguments = json!({"query": "power bank", "limit": 1}).as_object().cloned().unwrap();
    let found = handyman_core::Tool::call(&search(documents), arguments, &context).await.unwrap();
    assert_eq!((&found["query"], &found["source"]), (&json!("power bank"), &json!("sandbox")));
    assert_eq!(found["results"].as_array().unwrap().len(), 1);
}

/// A part of a document with this head that unpacks to so many megabytes of blanks.
#[cfg(feature = "pdf")]
fn packed(head: &str, megabytes: usize, layers: usize) -> Vec<u8> {
    use std::io::Write as _;
    let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(&b" ".repeat(1_000_000)).unwrap();
    packer.flush().unwrap();
    let mut data = [b"\x78\x9c".to_vec(), packer.get_ref().repeat(megabytes)].concat();
    for _ in 1..layers {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(&data).unwrap();
        data = packer.finish().unwrap();
    }
    [format!("1 0 obj\n<< {head} >>\nstream\r\n").as_bytes(), &data, b"\nendstream\nendobj\n"].concat()
}

#[cfg(feature = "pdf")]
#[test]
fn pdf_documents_that_unpack_to_too_much_are_refused() {
    let page = "/Filter [/FlateDecode /FlateDecode]";
    let picture = "/Subtype /Image /Filter /FlateDecode";
    let hostile = [
        packed("/Filter /FlateDecode", 65, 1),
        packed(page, 65, 2),
        packed(picture, 65, 1),
        [packed(page, 40, 2), packed(page, 40, 2)].concat(),
    ];
    for part in hostile {
        let error = super::pdf::text([pdf_of("page"), part].concat()).unwrap_err().to_string();
        assert!(error.ends_with("it unpacks to more than 64 MB"), "{error}");
    }
    let pictures = [packed(picture, 40, 1), packed(picture, 40, 1), packed(page, 20, 1)].concat();
    let document = [b"%PDF-1.4\n".to_vec(), pictures, pdf_of("words")].concat();
    // Whatever else the reader finds: not too much.
    let read = super::pdf::text(document);
    assert!(!read.is_err_and(|error| error.to_string().contains("unpacks")));
}
