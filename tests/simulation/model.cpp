#include "tests/simulation/model.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace simulation {

using socketio::DisconnectReason;
using namespace std::chrono_literals;

namespace {

std::string label(Member const& member) {
    return "socket " + std::to_string(member.token) + " in " + member.space;
}

std::string shown(Item const& item) {
    static constexpr char const* kinds[] = {"welcome", "event", "ask", "ack", "goodbye"};
    return std::string(kinds[static_cast<int>(item.kind)]) + " " + item.text.substr(0, 40) +
           (item.attachment.empty() ? "" : " with " + item.attachment.substr(0, 20));
}

bool same(Item const& a, Item const& b) {
    return a.kind == b.kind && a.text == b.text && a.attachment == b.attachment;
}

}  // namespace

void Model::complain(std::string what) {
    if (complaint_.empty()) {
        complaint_ = std::move(what);
    }
}

Space& Model::space(std::string const& name) {
    auto& space = spaces_[name];
    if (space.members.empty()) {
        space.name = name;
        space.members.resize(shards_);
        space.owners.resize(shards_);
    }
    return space;
}

Member& Model::make_member(std::string name, std::shared_ptr<Lifeline> line) {
    auto made = std::make_unique<Member>();
    made->token = next_token_++;
    made->space = std::move(name);
    made->line = std::move(line);
    return *(members_[made->token] = std::move(made));
}

Member* Model::member(int token) {
    auto const found = members_.find(token);
    return found == members_.end() ? nullptr : found->second.get();
}

void Model::sweep(TimePoint now) {
    for (auto& [name, space] : spaces_) {
        std::erase_if(space.sessions, [&](auto const& entry) {
            auto const& session = entry.second;
            return session.use_count() == 1 &&
                   (!session->saved || now - session->saved_at > 2 * max_absence_);
        });
    }
    std::erase_if(members_, [](auto const& entry) {
        auto const& member = *entry.second;
        bool const gone_there = member.ended || (!member.connected && member.line->cut_by_client);
        return gone_there && member.left && member.pending_later == 0 &&
               member.pending_questions == 0 && member.line.use_count() == 1;
    });
}

std::size_t Model::open_members() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(members_, [](auto const& entry) { return entry.second->connected; }));
}

// --- the server --------------------------------------------------------------------------------

bool Model::matches(Target const& target, std::string const& sid, bool owner,
                    std::set<std::string> const& rooms) const {
    auto const in = [&](std::string const& room) {
        return room == sid ? owner : rooms.contains(room);
    };
    return (target.rooms.empty() || std::ranges::any_of(target.rooms, in)) &&
           std::ranges::none_of(target.except, in);
}

std::vector<Member*> Model::selected(Space& space, unsigned shard, Target const& target) {
    std::vector<Member*> found;
    for (Member* const member : space.members[shard]) {
        auto const& sid = member->session->sid;
        if (matches(target, sid, space.owners[shard][sid] == member, member->rooms)) {
            found.push_back(member);
        }
    }
    return found;
}

void Model::admitted(Member& member, unsigned shard, std::string const& sid, bool recovered,
                     TimePoint now) {
    auto& here = space(member.space);
    if (member.connected || member.ended) {
        return complain(label(member) + " was connected twice");
    }
    member.shard = shard;
    member.connected = true;
    member.base = static_cast<long>(here.log.size());
    if (!recovered) {
        if (member.claim_is_good && must_recover(member, now)) {
            complain(label(member) + " came back in time, and was not recovered");
        }
        member.session = std::make_shared<Session>();
        member.session->sid = sid;
        member.session->base = member.base;
        here.sessions[sid] = member.session;
    } else {
        auto const known = here.sessions.find(sid);
        if (!member.claims || known == here.sessions.end() || !known->second->saved) {
            return complain(label(member) + " was recovered, but nothing was saved");
        }
        auto& session = *(member.session = known->second);
        if (auto const* const other = holder(here, session);
            other && member.claimed_entry >= other->base) {
            complain(label(member) + " was recovered although its last connection lives");
        }
        if (now - session.saved_at > max_absence_) {
            complain(label(member) + " was recovered too late");
        }
        member.rooms = session.saved_rooms;
        for (long at = session.base; at < member.base; ++at) {
            auto const& target = here.log[static_cast<std::size_t>(at)].target;
            if (session.received.contains(at) || session.passed_by.contains(at)) {
                continue;
            }
            if (matches(target, sid, true, session.saved_rooms)) {
                member.missed.push_back(at);
            } else {
                session.passed_by.insert(at);
            }
        }
        session.base = member.missed.empty() ? member.base : member.missed.front();
        ++recoveries;
    }
    member.session->latest = member.token;
    here.members[shard].push_back(&member);
    here.owners[shard][sid] = &member;
    member.expected.push_back({Item::Kind::welcome, "{\"sid\":\"" + sid + "\""});
}

// The socket that has the session now, but for those whose clients have come back since.
Member const* Model::holder(Space& space, Session const& session) const {
    for (auto const& members : space.members) {
        for (auto const* const member : members) {
            if (member->session.get() == &session && member->token == session.latest) {
                return member;
            }
        }
    }
    return nullptr;
}

bool Model::must_recover(Member const& member, TimePoint now) {
    constexpr auto margin = 2s;
    auto const& here = space(member.space);
    auto const known = here.sessions.find(member.claimed_sid);
    if (!member.claims || known == here.sessions.end() || !known->second->saved ||
        now - known->second->saved_at > max_absence_ - margin || known->second->given_up ||
        holder(space(member.space), *known->second)) {
        return false;
    }
    // The log must still know its last event and what that has overtaken.
    auto const first = static_cast<std::size_t>(std::max(0L, member.claimed_entry - 200));
    return now - here.log[first].time < max_absence_ - margin;
}

void Model::disconnecting(Member& member, DisconnectReason reason, TimePoint now) {
    if (!member.connected) {
        return complain(label(member) + " is told to leave, but is not there");
    }
    check_reason(member, reason, now);
    ++reasons[std::string(to_string(reason))];
    if (reason == DisconnectReason::server_namespace_disconnect) {
        member.expected.push_back({Item::Kind::goodbye, {}});
    }
}

void Model::disconnected(Member& member, DisconnectReason reason, TimePoint now) {
    if (!member.connected) {
        return complain(label(member) + " was disconnected twice");
    }
    member.connected = false;
    member.ended = true;
    ++disconnects;
    auto& here = space(member.space);
    std::erase(here.members[member.shard], &member);
    auto& owners = here.owners[member.shard];
    if (owners[member.session->sid] == &member) {
        owners.erase(member.session->sid);
    }
    auto& session = *member.session;
    session.given_up = !is_recoverable(reason);
    // Of a connection whose client has come back meanwhile nothing is kept any more.
    if (recovery_ && is_recoverable(reason) && session.latest == member.token) {
        session.saved = true;
        session.saved_at = now;
        session.saved_rooms = member.rooms;
    }
}

void Model::check_reason(Member const& member, DisconnectReason reason, TimePoint now) {
    constexpr auto heartbeat = 3s;  // the shortest ping_timeout of a run
    auto const& line = *member.line;
    bool plausible = false;
    switch (reason) {
    case DisconnectReason::client_namespace_disconnect:
        plausible = member.left;
        break;
    case DisconnectReason::server_namespace_disconnect:
        plausible = member.kicked || line.closed_by_server;
        break;
    case DisconnectReason::ping_timeout:
        plausible = line.cut_by_client || now - line.settled >= heartbeat;
        break;
    case DisconnectReason::transport_close:
    case DisconnectReason::transport_error:
        plausible = line.cut_by_client || line.garbage || line.closed_by_server;
        break;
    case DisconnectReason::parse_error:
    case DisconnectReason::forced_close:
    case DisconnectReason::forced_server_close:
        plausible = line.garbage || line.closed_by_server;
        break;
    case DisconnectReason::server_shutting_down:
        break;
    }
    if (!plausible) {
        complain(label(member) + " left without cause: " + std::string(to_string(reason)));
    }
}

bool Model::handles(Member& member, Request const& request) {
    ++events;
    if (!member.connected) {
        complain(label(member) + ": event " + request.name + " while it is not connected");
    } else if (member.requests.empty()) {
        complain(label(member) + ": event " + request.name + " " + std::to_string(request.number) +
                 " that its client did not send, or once more");
    } else {
        auto const& next = member.requests.front();
        if (next.name != request.name || next.number != request.number || next.a != request.a ||
            next.b != request.b) {
            complain(label(member) + ": event " + request.name + " " +
                     std::to_string(request.number) + " instead of " + next.name + " " +
                     std::to_string(next.number));
        }
        member.requests.pop_front();
        return true;
    }
    return false;
}

long Model::log(Space& space, Target target, TimePoint now) {
    space.log.push_back({std::move(target), now});
    return static_cast<long>(space.log.size()) - 1;
}

int Model::delivered(Space& space, unsigned shard, Target const& target, Item const& item) {
    auto const hear = selected(space, shard, target);
    int count = 0;
    for (Member* const member : space.members[shard]) {
        bool const heard = std::ranges::find(hear, member) != hear.end();
        // What it missed before it came back is not told again.
        if (recovery_ && item.entry >= 0 && item.entry < member->base) {
            continue;
        }
        if (heard) {
            member->expected.push_back(item);
            ++count;
        } else if (recovery_ && item.entry >= 0) {
            member->session->passed_by.insert(item.entry);
        }
    }
    return count;
}

// --- the client --------------------------------------------------------------------------------

void Model::seen_before_welcome(Member& member, Item const& got, bool with_offset) {
    if (!member.session) {
        return complain(label(member) + " got " + shown(got) + " before it was admitted");
    }
    auto const entry = got.entry;
    auto const& log = space(member.space).log;
    auto& session = *member.session;
    if (!member.claims || !with_offset || entry < 0 || entry >= static_cast<long>(log.size())) {
        complain(label(member) + " got " + shown(got) + " before its CONNECT answer");
    } else if (entry <= member.last_missed) {
        complain(label(member) + " got what it missed in another order: " + shown(got));
    } else if (!matches(log[static_cast<std::size_t>(entry)].target, session.sid, true,
                        session.saved_rooms)) {
        complain(label(member) + " was brought what was meant for others: " + shown(got));
    } else if (!session.received.insert(entry).second) {
        complain(label(member) + " was brought once more: " + shown(got));
    }
    member.last_missed = entry;
    member.missed_seen.insert(entry);
    ++recovered_events;
}

void Model::seen(Member& member, Item got, bool with_offset) {
    ++events;
    if (!member.welcomed) {
        return seen_before_welcome(member, got, with_offset);
    }
    auto& expected = member.expected;
    while (!expected.empty() && expected.front().may_be_missing && !same(expected.front(), got)) {
        expected.pop_front();
    }
    if (expected.empty()) {
        return complain(label(member) + " got " + shown(got) + ", which nobody sent");
    }
    auto const& next = expected.front();
    if (!same(next, got)) {
        return complain(label(member) + " got " + shown(got) + " instead of " + shown(next));
    }
    if (with_offset != (recovery_ && next.entry >= 0)) {
        return complain(label(member) + ": offset in " + shown(got));
    }
    if (next.entry >= 0 && recovery_ && !member.session->received.insert(next.entry).second) {
        complain(label(member) + " got once more: " + shown(got));
    }
    expected.pop_front();
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
