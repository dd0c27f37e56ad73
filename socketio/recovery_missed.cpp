// What a client that comes back has missed: whether it is still known, and is not too much.

#include "engineio/net/keyed_hash.hpp"
#include "socketio/recovery.hpp"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace socketio {

namespace {

// Of a saved session, its own included.
using RoomNames = std::unordered_set<std::string_view, engineio::net::KeyedHash>;

RoomNames room_names(SavedSession const& session) {
    RoomNames rooms(session.rooms.begin(), session.rooms.end());
    rooms.insert(session.sid);
    return rooms;
}

bool was_meant_for(Selection const& selection, RoomNames const& rooms) {
    auto const member = [&](std::string const& room) { return rooms.contains(room); };
    return (selection.rooms.empty() || std::ranges::any_of(selection.rooms, member)) &&
           std::ranges::none_of(selection.except, member);
}

}  // namespace

// 0 if the log does not know it (any more).
std::uint64_t Recovery::position_of(std::string_view offset) const {
    auto const named = RecoveryOffset::parse(offset);
    auto const entry =
        named ? std::ranges::lower_bound(log_, *named, {}, &Entry::offset) : log_.end();
    return entry == log_.end() || entry->offset != named
               ? 0
               : first_position_ + static_cast<std::uint64_t>(entry - log_.begin());
}

// An event that came while it was connected, as nobody else may know any more.
bool Recovery::has_lost(Saved const& saved) const {
    return delivered_[saved.shard].lost() > saved.base;
}

// What the client has heard, if its last event is `offset`; null if the log has forgotten some of
// what it has not.
std::optional<LogPositions> Recovery::heard(Saved const& saved, std::string_view offset) const {
    auto const last = position_of(offset);
    if (saved.hollow() || last < first_position_ || has_lost(saved)) {
        return std::nullopt;
    }
    // Its socket lives and has sent it more: what rooms that has, and in which order its shard
    // delivers, is not known here. At or before `base` the client asks once more, as its CONNECT
    // answer may not have arrived.
    if (saved.live && last > saved.base) {
        return std::nullopt;
    }
    LogPositions heard;
    if (last > saved.base) {  // live, hence all that came before the CONNECT answer, too
        heard = delivered_[saved.shard].at(last);
        heard.raise(saved.base);
    } else {
        heard = saved.heard;
        if (last != saved.last && !std::ranges::binary_search(heard.beyond, last)) {
            // One of the missed events, which are sent in the order of the log, or an old one.
            heard.low = 0;
            heard.raise(last);
        }
    }
    return heard.low + 1 < first_position_ ? std::nullopt : std::optional(std::move(heard));
}

// With what the messages of it take besides.
std::size_t Recovery::weight(EncodedPacket const& packet) {
    auto const messages = 1 + packet.attachments.size();
    return messages * engineio::limits::missed_message_bytes + packet.bytes();
}

// Calls `take(position, packet)` for what its client has missed, and returns the weight of that;
// null as soon as it is too much.
template <class F>
std::optional<std::size_t> Recovery::each_missed(Saved const& saved, LogPositions const& known,
                                                 F&& take) const {
    auto const rooms = room_names(saved.session);
    std::size_t sum = 0;
    if (known.low >= end()) {
        return sum;
    }
    auto at = known.low + 1;
    auto entry = log_.begin() + static_cast<std::ptrdiff_t>(at - first_position_);
    for (; entry != log_.end(); ++entry, ++at) {
        if (known.contains(at) || !was_meant_for(entry->selection, rooms)) {
            continue;
        }
        sum += weight(*entry->packet);
        if (sum > bounds_.max_missed_bytes) {
            return std::nullopt;
        }
        take(at, entry->packet);
    }
    return sum;
}

// `missed` is the weight of that, or null. A client that names an event from before its return once
// more may not have got what it was sent then; or it wants to be sent it for ever.
bool Recovery::may_resend(Saved const& saved, std::string_view offset,
                          std::optional<std::size_t> missed) {
    auto const most = engineio::limits::max_recovery_repeats * bounds_.max_missed_bytes;
    auto const before = position_of(offset) > saved.base ? 0 : saved.resent;
    if (missed && before + *missed <= most) {
        return true;
    }
    ++untold_missed_;
    tell("max_recovery_missed_bytes", untold_missed_);
    return false;
}

std::optional<SavedSession> Recovery::find(TimePoint now, std::string_view pid,
                                           std::string_view offset) {
    Change const change(*this);
    forget_old(now);
    auto const found = sessions_.find(std::string(pid));
    if (found == sessions_.end()) {
        return std::nullopt;
    }
    auto const& saved = found->second;
    auto const known = heard(saved, offset);
    if (!known || !may_resend(saved, offset, each_missed(saved, *known, [](auto&&...) {}))) {
        return std::nullopt;
    }
    return saved.session;
}

std::optional<Recovery::Missed> Recovery::resume(TimePoint now, std::string_view pid,
                                                 std::string_view offset, unsigned shard) {
    Change const change(*this);
    forget_old(now);
    auto const found = sessions_.find(std::string(pid));
    if (found == sessions_.end()) {
        return std::nullopt;
    }
    auto& saved = found->second;
    auto known = heard(saved, offset);
    // Two sockets of a session that live on one shard differ by their base: save() must not take
    // the end of the earlier for that of the later. So nothing for nobody comes between.
    if (known && saved.live && saved.base == end() && saved.shard == shard) {
        push(log_.empty() ? now : log_.back().time, {{saved.session.sid}, {saved.session.sid}},
             [](std::string_view) { return EncodedPacket(); });
    }
    if (!known) {
        return std::nullopt;
    }
    Missed missed{{}, end()};
    auto first = end() + 1;  // of what was missed
    auto const sum = each_missed(saved, *known, [&](std::uint64_t at, auto const& packet) {
        first = std::min(first, at);
        missed.packets.push_back(packet);
    });
    if (!may_resend(saved, offset, sum)) {
        return std::nullopt;
    }
    known->raise(first - 1);
    saved.last = position_of(offset);
    saved.resent = *sum + (saved.last > saved.base ? 0 : saved.resent);
    saved.shard = shard;
    saved.base = missed.position;
    saved.live = true;
    saved.resumed = now;
    saved.heard = std::move(*known);
    weigh(saved);
    return missed;
}

}  // namespace socketio
