"""Requests that real people wrote, from openly licensed corpora, as short conversations about the product's tools.

    corpora.py FOLDER PRODUCT.jsonl SEED > real.jsonl

FOLDER holds `nlu/*.csv` (the per-intent training files of NLU-Evaluation-Data, Liu et al. 2019, CC BY 4.0) and
`snips/snips_*.json` (the training files of the SNIPS custom-intent benchmark, Coucke et al. 2018, CC0), which are not part
of this repository. PRODUCT.jsonl is a line of `generate --kind product --full`: the tools on offer.

Where the annotation says enough, the request is answered with the call it asks for; where something needed is missing, with
a question; where no tool does it, with saying so. What the annotation leaves open is left out. A conversation ends with the
first reply: results of the tools are the generator's business.
"""

import csv
import datetime
import json
import random
import re
import sys
from pathlib import Path

from chat import dump_json

SLOT = re.compile(r"\[(\w+) : ([^\]]+)\]")
TIME = re.compile(r"\b\d{1,2}(:\d\d)?\s*([ap]\.?m\.?|o'?clock)|\b(noon|midnight)\b|\b\d{1,2}:\d\d\b", re.IGNORECASE)
NOT_A_DAY = re.compile(r"\d+ ?(second|minute|hour|year|month)|second|minute|hour|year|\bnow\b", re.IGNORECASE)

NO_TOOL = (
    "alarm_ audio_ email_ iot_ lists_ music_ play_ social_ takeaway_order transport_taxi news_query "
    "snips_AddToPlaylist snips_PlayMusic snips_RateBook"
).split()
NO_TOOL_ANSWERS = (
    "Sorry, I have no tool for that.",
    "I cannot do that: none of my tools does it.",
    "None of my tools can do that.",
)
QUESTIONS = {
    "city": ("Which city?", "For which city?", "In which city?"),
    "time": ("At what time?", "What time?"),
    "from": ("Where do you want to leave from?", "Which city do you leave from?", "From which city?"),
    "to": ("Where do you want to go?", "Which city do you want to go to?", "To which city?"),
    "day": ("On which day?", "Which day?", "For which day?"),
    "from to": ("From which city to which city?", "Where from and where to?"),
    "to day": ("Where to, and on which day?", "To which city, and on which day?"),
    "from day": ("Where from, and on which day?", "From which city, and on which day?"),
    "from to day": ("From where to where, and on which day?", "Where from, where to, and on which day?"),
}


def nlu(folder):
    """(intent, text, [(slot, value)]) of every annotated request."""
    for path in sorted((folder / "nlu").glob("*.csv")):
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter=";"):
                annotated = row["answer_annotation"]
                yield path.stem, SLOT.sub(r"\2", annotated), SLOT.findall(annotated)


def snips(folder):
    for path in sorted((folder / "snips").glob("*.json")):
        for intent in json.loads(path.read_text(encoding="latin-1")).values():
            for request in intent:
                parts = request["data"]
                text = "".join(part["text"] for part in parts)
                yield path.stem, text, [(p["entity"], p["text"].strip()) for p in parts if "entity" in p]


def only(slots, *known):
    """The slots as a dictionary, or nothing if one stands twice or is not among the known."""
    names = [name for name, _ in slots]
    return dict(slots) if len(set(names)) == len(names) and set(names) <= set(known) else None


def call(name, **arguments):
    return {"name": name, "arguments": {key: value for key, value in arguments.items() if value}}


def weather(city, day):
    if day and (TIME.search(day) or NOT_A_DAY.search(day)):
        return None
    return call("weather", city=city, day=day) if city else "city"


def train(text, slots):
    """A request about trains, if its places stand behind "from" and "to"."""
    found = only(slots, "place_name", "transport_type", "date") if len(slots) < 3 else dict(slots)
    if found is None or not set(dict(slots)) <= {"place_name", "transport_type", "date"} or "train" not in text:
        return None
    places = [value for name, value in slots if name == "place_name"]
    start = next((place for place in places if f"from {place}" in text), None)
    end = next((place for place in places if f"to {place}" in text), None)
    if len(places) != (start is not None) + (end is not None) or re.search(r"next|first|last|earliest|cheap", text):
        return None
    day = found.get("date")
    missing = " ".join(name for name, value in (("from", start), ("to", end), ("day", day)) if not value)
    return missing or call("search_trains", **{"from": start, "to": end, "day": day})


def restaurant(slots):
    known = ("city", "party_size_number", "timeRange", "cuisine", "restaurant_type", "state", "country")
    found = only(slots, *known)
    if found is None:
        return None
    said, time, day = found.get("timeRange", ""), None, None
    match = TIME.search(said)
    if match and match.group() == said:
        time = said
    elif not match and not NOT_A_DAY.search(said):
        day = said
    elif said:
        return None
    if "city" not in found:
        return None if "state" in found or "country" in found else "city"
    people = found.get("party_size_number")
    return call(
        "search_restaurants", city=found["city"], cuisine=found.get("cuisine"), day=day, time=time, people=people
    )


def event(slots):
    found = only(slots, "event_name", "date", "time")
    if not found or "event_name" not in found or "date" not in found:
        return None
    if "time" not in found:
        return "time"
    return call("add_event", title=found["event_name"], day=found["date"], time=found["time"])


def reply(intent, text, slots):
    """A call, the names of what has to be asked for, or nothing where the annotation leaves it open."""
    if intent.startswith(tuple(NO_TOOL)):
        return ""
    if intent == "weather_query":
        found = only(slots, "place_name", "date", "weather_descriptor")
        return None if found is None else weather(found.get("place_name"), found.get("date"))
    if intent == "snips_GetWeather":
        found = only(slots, "city", "timeRange", "condition_temperature", "condition_description", "current_location")
        return None if found is None else weather(found.get("city"), found.get("timeRange"))
    if intent in ("transport_ticket", "transport_query"):
        return train(text, slots)
    if intent == "snips_BookRestaurant":
        return restaurant(slots)
    if intent == "calendar_set":
        return event(slots)
    if intent == "calendar_query":
        found = only(slots, "date", "event_name")
        return None if found is None else call("list_events", day=found.get("date"))
    return None


def conversation(rng, tools, intent, text, answer):
    today = datetime.date(2025, 10, 6) + datetime.timedelta(days=rng.randrange(1100))
    said = {"role": "user", "content": f"(Today is {today:%A}, {today}.)\n{text.strip()}"}
    if isinstance(answer, dict):
        answered = {"role": "assistant", "content": "", "tool_calls": [answer]}
    else:
        answered = {"role": "assistant", "content": rng.choice(QUESTIONS.get(answer, NO_TOOL_ANSWERS))}
    return {"lang": "en", "kind": f"real_{intent}", "tools": tools, "system": None, "messages": [said, answered]}


def main():
    folder, product, seed = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    rng = random.Random(seed)
    tools = json.loads(product.read_text().split("\n", 1)[0])["tools"]
    acting, idle = [], []
    for intent, text, slots in [*nlu(folder), *snips(folder)]:
        answer = reply(intent, text, slots)
        if answer is not None:
            (acting if answer else idle).append(conversation(rng, tools, intent, text, answer))
    rng.shuffle(idle)
    chosen = acting + idle[: len(acting) // 2]
    rng.shuffle(chosen)
    for one in chosen:
        print(dump_json(one))


if __name__ == "__main__":
    main()
