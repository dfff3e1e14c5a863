//! Whether a city lies where people say it does: `Paris, France`, `San Francisco, CA`, `北京（中国）`.

use super::{NAMES, spellings};
use crate::atlas::City;
use crate::resolve::key;

/// What is said after a city's name about where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// Nothing.
    Open,
    /// That it is where it is.
    Here,
    /// That it is somewhere else, or where nobody knows.
    Elsewhere,
}

/// What is put after a name and says nothing about where it is.
const FILLERS: [&str; 23] = [
    "station",
    "trainstation",
    "railwaystation",
    "airport",
    "火车站",
    "机场",
    "",
    "please",
    "pls",
    "thanks",
    "thankyou",
    "downtown",
    "center",
    "centre",
    "citycenter",
    "citycentre",
    "city",
    "请",
    "谢谢",
    "市中心",
    "市区",
    "麻烦",
    "拜托",
];
/// The country of China's regions that have a code of their own.
const CHINA: &str = "CN";
const OF_CHINA: [&str; 3] = ["HK", "MO", "TW"];

/// Countries and regions by their codes: names as they are compared.
const COUNTRIES: [(&str, &str); 72] = [
    ("CN", "china prc peoplesrepublicofchina mainlandchina 中国 中国大陆 中华人民共和国"),
    ("HK", "hongkong hksar 香港 香港特区"),
    ("MO", "macau macao 澳门 澳门特区"),
    ("TW", "taiwan 台湾 臺灣"),
    ("JP", "japan 日本"),
    ("KR", "korea southkorea republicofkorea rok 韩国 南韩"),
    ("MN", "mongolia 蒙古 蒙古国"),
    ("TH", "thailand 泰国"),
    ("SG", "singapore 新加坡"),
    ("MY", "malaysia 马来西亚"),
    ("ID", "indonesia 印度尼西亚 印尼"),
    ("PH", "philippines 菲律宾"),
    ("VN", "vietnam 越南"),
    ("KH", "cambodia 柬埔寨"),
    ("LA", "laos 老挝"),
    ("MM", "myanmar burma 缅甸"),
    ("NP", "nepal 尼泊尔"),
    ("IN", "india 印度"),
    ("LK", "srilanka 斯里兰卡"),
    ("MV", "maldives 马尔代夫"),
    ("BD", "bangladesh 孟加拉国 孟加拉"),
    ("PK", "pakistan 巴基斯坦"),
    ("UZ", "uzbekistan 乌兹别克斯坦"),
    ("KZ", "kazakhstan 哈萨克斯坦"),
    ("AE", "uae unitedarabemirates emirates 阿联酋 阿拉伯联合酋长国"),
    ("QA", "qatar 卡塔尔"),
    ("SA", "saudiarabia saudi ksa 沙特 沙特阿拉伯"),
    ("IR", "iran 伊朗"),
    ("IL", "israel 以色列"),
    ("TR", "turkey turkiye 土耳其"),
    ("GB", "uk unitedkingdom greatbritain britain 英国"),
    ("IE", "ireland 爱尔兰"),
    ("FR", "france 法国"),
    ("BE", "belgium 比利时"),
    ("NL", "netherlands holland thenetherlands 荷兰"),
    ("DE", "germany deutschland 德国"),
    ("CH", "switzerland 瑞士"),
    ("AT", "austria 奥地利"),
    ("CZ", "czechrepublic czechia 捷克"),
    ("HU", "hungary 匈牙利"),
    ("PL", "poland 波兰"),
    ("IT", "italy italia 意大利"),
    ("ES", "spain 西班牙"),
    ("PT", "portugal 葡萄牙"),
    ("GR", "greece 希腊"),
    ("DK", "denmark 丹麦"),
    ("SE", "sweden 瑞典"),
    ("NO", "norway 挪威"),
    ("FI", "finland 芬兰"),
    ("IS", "iceland 冰岛"),
    ("RU", "russia russianfederation 俄罗斯"),
    ("UA", "ukraine 乌克兰"),
    ("EG", "egypt 埃及"),
    ("MA", "morocco 摩洛哥"),
    ("NG", "nigeria 尼日利亚"),
    ("GH", "ghana 加纳"),
    ("KE", "kenya 肯尼亚"),
    ("ET", "ethiopia 埃塞俄比亚"),
    ("ZA", "southafrica 南非"),
    ("US", "usa unitedstates unitedstatesofamerica america 美国"),
    ("CA", "canada 加拿大"),
    ("MX", "mexico 墨西哥"),
    ("CR", "costarica 哥斯达黎加"),
    ("PA", "panama 巴拿马"),
    ("CU", "cuba 古巴"),
    ("CO", "colombia 哥伦比亚"),
    ("PE", "peru 秘鲁"),
    ("CL", "chile 智利"),
    ("AR", "argentina 阿根廷"),
    ("BR", "brazil brasil 巴西"),
    ("AU", "australia 澳大利亚 澳洲"),
    ("NZ", "newzealand 新西兰"),
];

/// States, provinces and the like: names as they are compared, and the cities there by their Chinese names.
const REGIONS: [(&str, &str); 61] = [
    ("guangdong 广东", "广州 深圳 珠海 东莞 佛山 汕头"),
    ("zhejiang 浙江", "杭州 宁波 温州 嘉兴 绍兴 台州 义乌"),
    ("jiangsu 江苏", "南京 苏州 无锡 常州 泰州 徐州 南通"),
    ("sichuan 四川", "成都 乐山"),
    ("hubei 湖北", "武汉 宜昌"),
    ("shaanxi 陕西", "西安"),
    ("anhui 安徽", "合肥 黄山"),
    ("shandong 山东", "济南 青岛 烟台"),
    ("henan 河南", "郑州 洛阳"),
    ("hebei 河北", "石家庄 张家口"),
    ("shanxi 山西", "太原 大同"),
    ("innermongolia 内蒙古", "呼和浩特"),
    ("liaoning 辽宁", "沈阳 大连"),
    ("jilin 吉林", "长春"),
    ("heilongjiang 黑龙江", "哈尔滨"),
    ("hunan 湖南", "长沙 张家界"),
    ("jiangxi 江西", "南昌"),
    ("fujian 福建", "福州 厦门 泉州"),
    ("hainan 海南", "海口 三亚"),
    ("guangxi 广西", "南宁 桂林"),
    ("guizhou 贵州", "贵阳"),
    ("yunnan 云南", "昆明 大理 丽江"),
    ("tibet xizang 西藏", "拉萨"),
    ("gansu 甘肃", "兰州 敦煌"),
    ("qinghai 青海", "西宁"),
    ("ningxia 宁夏", "银川"),
    ("xinjiang 新疆", "乌鲁木齐"),
    ("england 英格兰", "伦敦 曼彻斯特 伯明翰"),
    ("scotland 苏格兰", "爱丁堡"),
    ("ny newyork newyorkstate 纽约州", "纽约"),
    ("ma massachusetts 马萨诸塞 马萨诸塞州", "波士顿"),
    ("dc districtofcolumbia 华盛顿特区", "华盛顿"),
    ("pa pennsylvania 宾夕法尼亚 宾夕法尼亚州", "费城"),
    ("il illinois 伊利诺伊 伊利诺伊州", "芝加哥"),
    ("ga georgia 佐治亚 佐治亚州", "亚特兰大"),
    ("fl florida 佛罗里达 佛罗里达州", "迈阿密 奥兰多"),
    ("tx texas 得克萨斯 得克萨斯州 德州", "休斯敦 达拉斯"),
    ("co colorado 科罗拉多 科罗拉多州", "丹佛"),
    ("nv nevada 内华达 内华达州", "拉斯维加斯"),
    ("ca california 加利福尼亚 加利福尼亚州 加州", "洛杉矶 旧金山 圣何塞"),
    ("wa washington washingtonstate 华盛顿州", "西雅图"),
    ("hi hawaii 夏威夷 夏威夷州", "檀香山"),
    ("on ontario 安大略 安大略省", "多伦多"),
    ("bc britishcolumbia 不列颠哥伦比亚 卑诗", "温哥华"),
    ("qc quebec 魁北克", "蒙特利尔"),
    ("nsw newsouthwales 新南威尔士 新南威尔士州", "悉尼"),
    ("vic victoria 维多利亚 维多利亚州", "墨尔本"),
    ("qld queensland 昆士兰 昆士兰州", "布里斯班"),
    ("wa westernaustralia 西澳 西澳大利亚", "珀斯"),
    ("hokkaido 北海道", "札幌"),
    ("bavaria bayern 巴伐利亚", "慕尼黑"),
    ("hesse hessen 黑森", "法兰克福"),
    ("tuscany toscana 托斯卡纳", "佛罗伦萨"),
    ("lombardy lombardia 伦巴第", "米兰"),
    ("catalonia catalunya 加泰罗尼亚", "巴塞罗那"),
    ("andalusia andalucia 安达卢西亚", "塞维利亚"),
    ("iledefrance 法兰西岛", "巴黎"),
    ("maharashtra 马哈拉施特拉", "孟买"),
    ("karnataka 卡纳塔克", "班加罗尔"),
    ("tamilnadu 泰米尔纳德", "金奈"),
    ("westbengal 西孟加拉", "加尔各答"),
];

/// What a text after a city's name says of where the city is.
pub(super) fn fit(city: &City, said: &str) -> Fit {
    let mut fit = Fit::Open;
    for piece in said.split([',', '，', '、', '(', ')', '（', '）', '。', '!', '！']) {
        if FILLERS.contains(&key(piece).as_str()) {
            continue;
        }
        let forms: Vec<String> = spellings(piece).into_iter().filter(|form| !form.is_empty()).collect();
        if !forms.iter().any(|form| is_country(city, form) || is_region(city, form) || is_name(city, form)) {
            return Fit::Elsewhere;
        }
        fit = Fit::Here;
    }
    fit
}

fn is_country(city: &City, said: &str) -> bool {
    let has = |code: &str| {
        let names = COUNTRIES.iter().find(|(known, _)| *known == code);
        said.eq_ignore_ascii_case(code) || names.is_some_and(|(_, names)| is_one_of(names, said))
    };
    has(&city.country) || OF_CHINA.contains(&city.country.as_str()) && has(CHINA)
}

fn is_region(city: &City, said: &str) -> bool {
    let short =
        ["province", "省", "自治区"].iter().find_map(|suffix| said.strip_suffix(suffix)).unwrap_or(said);
    REGIONS
        .iter()
        .filter(|(_, cities)| is_one_of(cities, &city.zh))
        .any(|(names, _)| is_one_of(names, said) || is_one_of(names, short))
}

/// Another name of the city, or a station or airport of it.
fn is_name(city: &City, said: &str) -> bool {
    let entries = |name: &str| NAMES.get(name).map_or(&[][..], Vec::as_slice).iter();
    let whole = [key(&city.en), key(&city.zh)].map(|name| format!("{name}{said}"));
    whole
        .iter()
        .map(String::as_str)
        .chain([said])
        .any(|name| entries(name).any(|entry| entry.city().is_some_and(|known| known.zh == city.zh)))
}

fn is_one_of(names: &str, said: &str) -> bool {
    names.split(' ').any(|name| name == said)
}
