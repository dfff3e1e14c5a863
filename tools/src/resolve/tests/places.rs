//! Cities, stations, airports, cuisines.

use handyman_core::ToolErrorKind;

use crate::Language;
use crate::resolve::{city, cuisine, key, place};

#[test]
fn cities() {
    let cases = [
        ("Shanghai", "上海"),
        ("shanghai", "上海"),
        ("SHANGHAI", "上海"),
        (" Shanghai ", "上海"),
        ("上海", "上海"),
        ("上海市", "上海"),
        ("Shang Hai", "上海"),
        ("PVG", "上海"),
        ("pvg", "上海"),
        ("上海虹桥", "上海"),
        ("上海虹桥站", "上海"),
        ("Shanghai Hongqiao", "上海"),
        ("Pudong Airport", "上海"),
        ("浦东机场", "上海"),
        ("首都机场", "北京"),
        ("Heathrow", "伦敦"),
        ("Peking", "北京"),
        ("Beijing South Station", "北京"),
        ("北京南", "北京"),
        ("北京南站", "北京"),
        ("Xi'an", "西安"),
        ("Xian", "西安"),
        ("xi an", "西安"),
        ("São Paulo", "圣保罗"),
        ("sao paulo", "圣保罗"),
        ("Zürich", "苏黎世"),
        ("Zuerich", "苏黎世"),
        ("München", "慕尼黑"),
        ("Köln", "科隆"),
        ("New York", "纽约"),
        ("NYC", "纽约"),
        ("New York City", "纽约"),
        ("JFK", "纽约"),
        ("London Heathrow", "伦敦"),
        ("Paris, France", "巴黎"),
        ("東京", "东京"),
        ("东京", "东京"),
        ("Hong Kong", "香港"),
        ("HongKong", "香港"),
        ("Canton", "广州"),
        ("Saigon", "胡志明市"),
        ("胡志明", "胡志明市"),
        ("新加坡", "新加坡"),
        ("拉各斯", "拉各斯"),
        ("Lagos", "拉各斯"),
        ("中国上海", "上海"),
        ("San Jose, US", "圣何塞"),
        ("San Jose, CR", "圣约瑟"),
        ("台州", "台州"),
    ];
    for (text, expected) in cases {
        let found = city("city", text).map(|(city, _)| city.zh.as_str());
        assert_eq!(found, Ok(expected), "{text}");
    }
    assert_eq!(city("city", "上海").unwrap().1, Language::Chinese);
    assert_eq!(city("city", "Shanghai").unwrap().1, Language::English);
}

#[test]
fn what_is_said_of_where_a_city_is_has_to_be_so() {
    let cases = [
        ("Beijing, China", "北京"),
        ("北京，中国", "北京"),
        ("北京（中国）", "北京"),
        ("Hong Kong, China", "香港"),
        ("San Francisco, CA", "旧金山"),
        ("San Francisco, California, USA", "旧金山"),
        ("San Francisco, United States", "旧金山"),
        ("Washington, D.C.", "华盛顿"),
        ("London, UK", "伦敦"),
        ("London, the UK", "伦敦"),
        ("London, England", "伦敦"),
        ("London, please", "伦敦"),
        ("London,", "伦敦"),
        ("Paris (CDG)", "巴黎"),
        ("Shanghai (Hongqiao)", "上海"),
        ("Nanjing, Jiangsu Province", "南京"),
        ("广州，广东省", "广州"),
        ("Amsterdam, the Netherlands", "阿姆斯特丹"),
        ("Taizhou, Jiangsu", "泰州"),
        ("Taizhou (Zhejiang)", "台州"),
        ("San Jose (CR)", "圣约瑟"),
    ];
    for (text, expected) in cases {
        let found = city("city", text).map(|(city, _)| city.zh.as_str());
        assert_eq!(found, Ok(expected), "{text}");
    }
}

#[test]
fn stations_and_airports_are_kept() {
    assert_eq!(place("from", "上海虹桥").unwrap().station.unwrap().en, "Shanghai Hongqiao");
    assert_eq!(place("from", "Gare du Nord").unwrap().city.en, "Paris");
    assert_eq!(place("from", "LHR").unwrap().airport.unwrap().en, "London Heathrow");
    assert_eq!(place("from", "Beijing Capital Airport").unwrap().airport.unwrap().iata, "PEK");
    assert!(place("from", "Beijing").unwrap().station.is_none());
}

#[test]
fn cities_that_are_none_or_two() {
    let cases = [
        ("Shanghi", "unknown city 'Shanghi'; did you mean Shanghai?"),
        ("Bejing", "unknown city 'Bejing'; did you mean Beijing?"),
        ("Londn", "unknown city 'Londn'; did you mean London?"),
        ("乌鲁木", "unknown city '乌鲁木'; did you mean 乌鲁木齐?"),
        ("Atlantis", "unknown city 'Atlantis'"),
        ("", "unknown city ''"),
        ("Taizhou", "'Taizhou' may be Taizhou Zhejiang (CN) or Taizhou Jiangsu (CN); say which"),
        ("San Jose", "'San Jose' may be San Jose (US) or San José (CR); say which"),
        ("Taizhou, China", "'Taizhou, China' may be Taizhou Zhejiang (CN)"),
        ("Paris, Texas", "'Paris, Texas': known is Paris (FR); write only the city if that is meant"),
        ("London, Ontario", "'London, Ontario': known is London (GB)"),
        ("Valencia, CA", "'Valencia, CA': known is Valencia (ES)"),
        ("巴黎，中国", "'巴黎，中国': known is 巴黎 (FR)"),
        ("巴黎，美国", "'巴黎，美国': known is 巴黎 (FR)"),
    ];
    for (text, expected) in cases {
        let error = city("city", text).expect_err(text);
        assert!(error.to_string().starts_with(expected), "{error}");
        assert_eq!(*error.kind(), ToolErrorKind::InvalidArgument { path: "/city".to_owned() });
    }
}

#[test]
fn cuisines() {
    let cases = [
        ("Sichuan", "Sichuan"),
        ("sichuan food", "Sichuan"),
        ("川菜", "Sichuan"),
        ("川菜馆子", "Sichuan"),
        ("spicy", "Sichuan"),
        ("sushi", "Japanese"),
        ("Japanese restaurant", "Japanese"),
        ("日本料理", "Japanese"),
        ("火锅", "Hotpot"),
        ("hot pot", "Hotpot"),
        ("Italian cuisine", "Italian"),
        ("披萨", "Italian"),
        ("dim sum", "Cantonese"),
        ("vegan", "Vegetarian"),
        ("coffee", "Cafe"),
        ("四川火锅", "Hotpot"),
    ];
    for (text, expected) in cases {
        assert_eq!(cuisine("cuisine", text).map(|cuisine| cuisine.en.as_str()), Ok(expected), "{text}");
    }
    let error = cuisine("cuisine", "Klingon").expect_err("unknown");
    assert!(error.to_string().starts_with("unknown cuisine 'Klingon'; known are Sichuan"), "{error}");
}

#[test]
fn keys_fold_what_does_not_matter() {
    assert_eq!(key("Xi'an"), "xian");
    assert_eq!(key("Genève"), "geneve");
    assert_eq!(key("ＮＹＣ"), "nyc");
}
