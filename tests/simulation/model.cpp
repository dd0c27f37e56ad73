#include "tests/simulation/model.hpp"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace simulation {

using socketio::DisconnectReason;
using namespace std::chrono_literals;

std::string label(Member const& member) {
    return "socket " + std::to_string(member.token) + " in " + member.space;
}

void Model::complain(std::string what) {
    if (racing_) {
        return note([this, what] { complain(what); });
    }
    if (complaint_.empty()) {
        complaint_ = std::move(what);
    }
}

Model::Model(unsigned shards, bool recovery, std::chrono::milliseconds max_absence, bool parallel)
    : shards_(shards), recovery_(recovery), max_absence_(max_absence), parallel_(parallel),
      notes_(shards + 1) {
    for (auto const* const name : space_names) {
        auto& space = spaces_[name];
        space.name = name;
        space.members.resize(shards_);
        space.owners.resize(shards_);
        space.open.resize(shards_);
    }
}

// --- threads -----------------------------------------------------------------------------------

unsigned Model::lane() const {
    auto const* const shard = parallel_ ? engineio::net::Shard::current() : nullptr;
    return !parallel_ ? 0 : shard ? shard->index() : shards_;
}

void Model::note(long stamp, std::function<void()> what) {
    racing_ ? notes_[lane()].push_back({stamp, std::move(what)}) : what();
}

void Model::begin_burst() {
    racing_ = parallel_;
    ++burst_;
    burst_begin_ = stamp();
}

void Model::end_burst() {
    racing_ = false;
    std::vector<Note> all;
    for (auto& lane : notes_) {
        std::ranges::move(lane, std::back_inserter(all));
        lane.clear();
    }
    // Of one thread some have the same.
    std::ranges::stable_sort(all, {}, &Note::stamp);
    replaying_ = true;
    for (auto const& note : all) {
        note.what();
    }
    replaying_ = false;
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

void Model::admitted(Member& member, Arrival const& arrival, TimePoint now) {
    auto& here = space(member.space);
    auto const& sid = arrival.sid;
    if (member.connected || member.ended) {
        return complain(label(member) + " was connected twice");
    }
    member.shard = arrival.shard;
    member.connected = true;
    member.base = arrival.stamp;
    member.base_low = replaying_ ? burst_begin_ : member.base;
    auto const known = here.sessions.find(arrival.recovered ? sid : "");
    if (!arrival.recovered) {
        if (member.claim_is_good && must_recover(member, now)) {
            complain(label(member) + " came back in time, and was not recovered");
        }
        member.session = std::make_shared<Session>();
        member.session->sid = sid;
        member.session->base = member.base;
        here.sessions[sid] = member.session;
    } else if (!member.claims || known == here.sessions.end() || !known->second->saved) {
        return complain(label(member) + " was recovered, but nothing was saved");
    } else {
        member.session = known->second;
        resumed(here, member, *member.session, now);
        member.rooms = member.unclear ? arrival.rooms : member.session->saved_rooms;
    }
    member.session->latest = member.token;
    member.session->touched = burst_;
    here.members[member.shard].push_back(&member);
    here.owners[member.shard][sid] = &member;
    member.expected.push_back(
        {Item::Kind::welcome, "{\"sid\":\"" + sid + "\"", {}, false, -1, sender_of(member)});
    for (auto const& cast : here.open[member.shard]) {
        change(*cast, member);
    }
}

void Model::resumed(Space& space, Member& member, Session& session, TimePoint now) {
    // Whether it came back before the end of its last connection was known, only the threads know.
    member.unclear = replaying_ && session.touched == burst_;
    if (auto const* const other = holder(space, session);
        other && member.claimed_entry >= other->base) {
        complain(label(member) + " was recovered although its last connection lives");
    }
    if (now - session.saved_at > max_absence_) {
        complain(label(member) + " was recovered too late");
    }
    ++recoveries;
    if (member.unclear) {
        session.base = member.base;
    } else {
        collect_missed(space, member, session);
    }
}

void Model::collect_missed(Space& space, Member& member, Session& session) {
    auto const end = space.log.lower_bound(member.base);
    for (auto at = space.log.lower_bound(session.base); at != end; ++at) {
        auto const& [number, entry] = *at;
        if (session.received.contains(number) || session.passed_by.contains(number)) {
            continue;
        }
        if (!matches(entry.target, session.sid, true, session.saved_rooms)) {
            session.passed_by.insert(number);
        } else {
            (number < member.base_low ? member.missed : member.either).push_back(number);
        }
    }
    session.base = !member.missed.empty()   ? member.missed.front()
                   : !member.either.empty() ? member.either.front()
                                            : member.base;
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
    if (replaying_ && known->second->touched == burst_) {
        return false;
    }
    // The log must still know its last event and what that has overtaken.
    auto first = here.log.find(member.claimed_entry);
    for (int i = 0; i < 200 && first != here.log.begin(); ++i) {
        --first;
    }
    return now - first->second.time < max_absence_ - margin;
}

void Model::disconnecting(Member& member, DisconnectReason reason, TimePoint now) {
    if (!member.connected) {
        return complain(label(member) + " is told to leave, but is not there");
    }
    check_reason(member, reason, now);
    ++reasons[std::string(to_string(reason))];
    if (reason == DisconnectReason::server_namespace_disconnect) {
        member.expected.push_back({Item::Kind::goodbye, {}, {}, false, -1, sender_of(member)});
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
    for (auto const& cast : here.open[member.shard]) {
        cast->parts[member.shard].changed.insert(&member);
    }
    auto& owners = here.owners[member.shard];
    if (owners[member.session->sid] == &member) {
        owners.erase(member.session->sid);
    }
    auto& session = *member.session;
    session.given_up = !is_recoverable(reason);
    session.touched = burst_;
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

}  // namespace simulation
