// What a Recovery knows, given to and taken from another process.

#include "socketio/msgpack_parser.hpp"
#include "socketio/recovery.hpp"

#include <algorithm>
#include <utility>

namespace socketio {

namespace {

using std::chrono::milliseconds;

// Milliseconds of the wall clock for times of the steady one, and back.
class Calendar {
public:
    Calendar(Recovery::TimePoint now, std::chrono::system_clock::time_point wall)
        : now_(now),
          wall_(std::chrono::duration_cast<milliseconds>(wall.time_since_epoch()).count()) {}

    std::int64_t date_of(Recovery::TimePoint time) const {
        return wall_ - std::chrono::duration_cast<milliseconds>(now_ - time).count();
    }
    // A date in the future, by a clock that was set back, is now; who knows what else is in a file.
    Recovery::TimePoint time_of(std::int64_t date) const {
        constexpr std::int64_t age_ago = milliseconds(std::chrono::years(100)).count();
        return now_ - milliseconds(wall_ - std::clamp(date, wall_ - age_ago, wall_));
    }

private:
    Recovery::TimePoint now_;
    std::int64_t wall_;
};

RecoveryState::Event event_of(Recovery::Entry const& entry, std::int64_t date) {
    RecoveryState::Event event{entry.offset.text(),
                               date,
                               entry.selection.rooms,
                               entry.selection.except,
                               entry.packet->binary_main,
                               {entry.packet->main},
                               {}};
    for (auto const& attachment : entry.packet->attachments) {
        event.attachments.push_back({attachment});
    }
    return event;
}

std::shared_ptr<EncodedPacket const> packet_of(RecoveryState::Event& event) {
    EncodedPacket packet{event.binary_main, std::move(event.main.bytes), {}};
    for (auto& attachment : event.attachments) {
        packet.attachments.push_back(std::move(attachment.bytes));
    }
    return std::make_shared<EncodedPacket const>(std::move(packet));
}

// Of the events, ascending as positions are; null if the file says otherwise.
std::optional<std::vector<RecoveryOffset>> offsets_of(RecoveryState const& state) {
    std::vector<RecoveryOffset> offsets;
    for (auto const& event : state.events) {
        auto const offset = RecoveryOffset::parse(event.offset);
        if (!offset || (!offsets.empty() && *offset <= offsets.back())) {
            return std::nullopt;
        }
        offsets.push_back(*offset);
    }
    return offsets;
}

Binary packed(Json const& data) {
    Binary out;
    MsgpackWriter writer(out.bytes);
    write(writer, data);
    return out;
}

}  // namespace

RecoveryState Recovery::state(TimePoint now, std::chrono::system_clock::time_point wall) const {
    std::lock_guard const lock(mutex_);
    Calendar const calendar(now, wall);
    RecoveryState state{{}, first_position_, last_offset_.stamp, last_offset_.repeats, {}, {}, {}};
    for (auto const& entry : log_) {
        state.events.push_back(event_of(entry, calendar.date_of(entry.time)));
    }
    for (auto const* const saved : order_) {
        if (saved->live || saved->hollow() || has_lost(*saved)) {
            continue;
        }
        auto const& [sid, pid, rooms, data] = saved->session;
        state.sessions.push_back({sid, pid, rooms, packed(data), calendar.date_of(saved->time),
                                  saved->shard, saved->base, saved->last, saved->heard.low,
                                  saved->heard.beyond});
    }
    for (auto const& record : delivered_) {
        state.deviations.push_back(record.deviations());
    }
    return state;
}

void Recovery::restore(TimePoint now, std::chrono::system_clock::time_point wall,
                       RecoveryState state) {
    Change const change(*this);
    Calendar const calendar(now, wall);
    auto const offsets = offsets_of(state);
    if (!offsets) {
        return;  // nobody can say what they have missed
    }
    keep(now);
    first_position_ = std::max<std::uint64_t>(state.first_position, 1);
    last_offset_ = {state.stamp, state.repeats};
    if (!offsets->empty()) {
        last_offset_ = std::max(last_offset_, offsets->back());
    }
    for (std::size_t i = 0; i < state.events.size(); ++i) {
        auto& event = state.events[i];
        auto packet = packet_of(event);
        remember({(*offsets)[i],
                  calendar.time_of(event.time),
                  {std::move(event.rooms), std::move(event.except)},
                  std::move(packet)});
    }
    // Behind those of our own shards, for what was heard before.
    auto const first_record = delivered_.size();
    for (auto const& deviations : state.deviations) {
        delivered_.emplace_back(deviations);
    }
    for (auto& one : state.sessions) {
        auto data = parse_msgpack(one.data.bytes);
        bool const known =
            one.shard < state.deviations.size() && one.heard_low <= one.base && one.base <= end();
        if (data && !one.sid.empty() && known) {
            auto const shard = static_cast<unsigned>(first_record + one.shard);
            put({.session = {std::move(one.sid), std::move(one.pid), std::move(one.rooms),
                             *std::move(data)},
                 .time = calendar.time_of(one.time),
                 .shard = shard,
                 .base = one.base,
                 .last = one.last,
                 .heard = {one.heard_low, std::move(one.heard_beyond)}});
        }
    }
    forget_old(now);
}

}  // namespace socketio
