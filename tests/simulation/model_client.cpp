// What clients see.

#include "tests/simulation/model.hpp"

#include <algorithm>
#include <utility>

namespace simulation {

namespace {

std::string shown(Item const& item) {
    static constexpr char const* kinds[] = {"welcome", "event", "ask", "ack", "goodbye"};
    return std::string(kinds[static_cast<int>(item.kind)]) + " " + item.text.substr(0, 40) +
           (item.attachment.empty() ? "" : " with " + item.attachment.substr(0, 20));
}

bool same(Item const& a, Item const& b) {
    return a.kind == b.kind && a.text == b.text && a.attachment == b.attachment;
}

}  // namespace

void Model::seen_before_welcome(Member& member, Item const& got, bool with_offset) {
    if (!member.session) {
        return complain(label(member) + " got " + shown(got) + " before it was admitted");
    }
    auto const entry = got.entry;
    auto const& log = space(member.space).log;
    auto& session = *member.session;
    if (!member.claims || !with_offset || !log.contains(entry)) {
        complain(label(member) + " got " + shown(got) + " before its CONNECT answer");
    } else if (auto const& [target, time, sender] = log.at(entry);
               entry <= std::exchange(member.last_missed[sender], entry)) {
        complain(label(member) + " got what it missed in another order: " + shown(got));
    } else if (!member.unclear && !matches(target, session.sid, true, session.saved_rooms)) {
        complain(label(member) + " was brought what was meant for others: " + shown(got));
    } else if (!session.received.insert(entry).second) {
        complain(label(member) + " was brought once more: " + shown(got));
    }
    member.missed_seen.insert(entry);
    ++recovered_events;
}

void Model::seen(Member& member, Item got, bool with_offset) {
    ++events;
    if (!member.welcomed) {
        return seen_before_welcome(member, got, with_offset);
    }
    auto& expected = member.expected;
    auto const found =
        std::ranges::find_if(expected, [&](Item const& item) { return same(item, got); });
    if (found == expected.end()) {
        return complain(label(member) + " got " + shown(got) + ", which nobody sent");
    }
    auto const next = *found;
    auto const ahead = std::find_if(expected.begin(), found, [&](Item const& item) {
        return item.sender == next.sender && !item.may_be_missing;
    });
    if (ahead != found) {
        return complain(label(member) + " got " + shown(got) + " instead of " + shown(*ahead));
    }
    if (with_offset != (recovery_ && next.entry >= 0)) {
        return complain(label(member) + ": offset in " + shown(got));
    }
    if (next.entry >= 0 && recovery_ && !member.session->received.insert(next.entry).second) {
        complain(label(member) + " got once more: " + shown(got));
    }
    // What may be missing of the same sender does not come any more.
    expected.erase(std::remove_if(expected.begin(), found + 1,
                                  [&](Item const& item) { return item.sender == next.sender; }),
                   found + 1);
}

void Model::welcomed(Member& member, std::string const& sid, std::string const& pid) {
    if (member.welcomed || member.expected.empty() ||
        member.expected.front().kind != Item::Kind::welcome ||
        member.expected.front().text != "{\"sid\":\"" + sid + "\"") {
        return complain(label(member) + " got a CONNECT answer that nobody sent");
    }
    member.expected.pop_front();
    member.welcomed = true;
    auto& session = *member.session;
    if (session.pid.empty()) {
        session.pid = pid;
    } else if (session.pid != pid) {
        complain(label(member) + " got another pid");
    }
    for (long const entry : member.missed) {
        if (!member.missed_seen.contains(entry)) {
            complain(label(member) + " came back and was not brought " + std::to_string(entry));
        }
    }
}

void Model::check_settled(Member const& member, bool link_open) {
    if (!link_open || member.left || member.refused || !complaint_.empty()) {
        return;
    }
    if (!member.welcomed) {
        return complain(label(member) + " got no CONNECT answer");
    }
    if (!member.connected) {
        return complain(label(member) + " is gone, and its client was not told");
    }
    auto const& session = *member.session;
    for (long const entry : member.either) {
        if (!session.received.contains(entry) && !session.passed_by.contains(entry)) {
            return complain(label(member) + " came back and never heard " + std::to_string(entry));
        }
    }
    for (auto const& item : member.expected) {
        if (!item.may_be_missing) {
            return complain(label(member) + " was not brought " + shown(item));
        }
    }
    if (!member.requests.empty()) {
        return complain(label(member) + ": nobody handled " + member.requests.front().name + " " +
                        std::to_string(member.requests.front().number));
    }
    if (static_cast<int>(member.asks.size()) != member.pending_later) {
        complain(label(member) + " waits for " + std::to_string(member.asks.size()) +
                 " answers instead of " + std::to_string(member.pending_later));
    }
}

}  // namespace simulation
