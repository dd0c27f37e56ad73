#include "socketio/recovery.hpp"

#include "engineio/net/clock.hpp"

#include <algorithm>
#include <utility>

namespace socketio {

std::size_t Recovery::size_of(Entry const& entry) {
    std::size_t bytes = entry.packet->main.size();
    for (auto const* const texts :
         {&entry.packet->attachments, &entry.selection.rooms, &entry.selection.except}) {
        for (auto const& text : *texts) {
            bytes += sizeof(text) + text.size();
        }
    }
    return bytes;
}

std::size_t Recovery::size_of(SavedSession const& session) {
    std::size_t bytes = session.sid.size() + session.pid.size() + session.data.memory();
    for (auto const& room : session.rooms) {
        bytes += sizeof(room) + room.size();
    }
    return bytes;
}

// A clock that is set back must not give an offset twice.
RecoveryOffset Recovery::next_offset() {
    using namespace std::chrono;
    auto const wall = static_cast<std::uint64_t>(
        duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
    if (wall > last_offset_.stamp) {
        last_offset_ = {wall, 0};
    } else {
        ++last_offset_.repeats;
    }
    return last_offset_;
}

Recovery::Entry& Recovery::push(TimePoint now, Selection selection, Encode const& encode) {
    forget_old(now);
    keep(now);
    auto const offset = next_offset();
    auto packet = std::make_shared<EncodedPacket const>(encode(offset.text()));
    log_.push_back({offset, now, std::move(selection), std::move(packet)});
    log_bytes_ += size_of(log_.back());
    bound_log();
    return log_.back();
}

void Recovery::bound_log() {
    for (; log_.size() > bounds_.max_packets; drop_oldest()) {
        ++untold_packets_;
    }
    for (; log_bytes_ > bounds_.max_bytes && log_.size() > 1; drop_oldest()) {
        ++untold_bytes_;
    }
    tell("max_recovery_packets", untold_packets_);
    tell("max_recovery_bytes", untold_bytes_);
}

Recovery::Logged Recovery::append(TimePoint now, Selection selection, Encode const& encode,
                                  std::function<bool(unsigned shard)> const& wanted) {
    std::lock_guard const lock(mutex_);
    Logged logged{push(now, std::move(selection), encode).packet, end(), {}};
    logged.previous.assign(last_sent_.size(), not_sent);
    for (unsigned shard = 0; shard < last_sent_.size(); ++shard) {
        if (wanted(shard)) {
            logged.previous[shard] = std::exchange(last_sent_[shard], logged.position);
        }
    }
    return logged;
}

std::shared_ptr<EncodedPacket const>
Recovery::append_unicast(TimePoint now, Selection selection, Encode const& encode, unsigned shard) {
    std::lock_guard const lock(mutex_);
    auto packet = push(now, std::move(selection), encode).packet;
    if (!delivered_[shard].advance(end(), std::exchange(last_sent_[shard], end()))) {
        delivered_[shard].remember(end(), first_position_);
    }
    return packet;
}

void Recovery::note(Logged const& event, unsigned shard) {
    if (!delivered_[shard].advance(event.position, event.previous[shard])) {
        std::lock_guard const lock(mutex_);
        delivered_[shard].remember(event.position, first_position_);
    }
}

std::uint64_t Recovery::position() const {
    std::lock_guard const lock(mutex_);
    return end();
}

// A connection whose end was noticed late: its client has come back meanwhile.
bool Recovery::outlived(Saved const& saved, unsigned shard, std::uint64_t base) {
    return saved.base > base || (saved.base == base && saved.shard != shard);
}

// The latest entry of a pid in there says how old its session is.
std::uint64_t Recovery::queue(std::string const& pid) {
    session_order_.emplace_back(next_order_, pid);
    return next_order_++;
}

// After its session was set.
void Recovery::weigh(Saved& saved) {
    session_bytes_ -= saved.bytes;
    saved.bytes = size_of(saved.session);
    session_bytes_ += saved.bytes;
}

void Recovery::put(Saved saved) {
    if (auto const before = sessions_.find(saved.session.pid); before != sessions_.end()) {
        erase(before);
    }
    weigh(saved);
    auto pid = saved.session.pid;
    sessions_.emplace(std::move(pid), std::move(saved));
}

void Recovery::erase(Sessions::iterator saved) {
    session_bytes_ -= saved->second.bytes;
    sessions_.erase(saved);
}

void Recovery::bound_sessions() {
    while (session_order_.size() > bounds_.max_sessions || session_bytes_ > bounds_.max_bytes) {
        bool const many = session_order_.size() > bounds_.max_sessions;
        auto const oldest = std::move(session_order_.front());
        session_order_.pop_front();
        if (auto const found = sessions_.find(oldest.second);
            found != sessions_.end() && found->second.order == oldest.first) {
            erase(found);
            ++(many ? untold_sessions_ : untold_bytes_);
        }
    }
    tell("max_recovery_sessions", untold_sessions_);
    tell("max_recovery_bytes", untold_bytes_);
}

void Recovery::save(TimePoint now, SavedSession session, unsigned shard, std::uint64_t base) {
    std::lock_guard const lock(mutex_);
    forget_old(now);
    auto const before = sessions_.find(session.pid);
    if (before != sessions_.end() && outlived(before->second, shard, base)) {
        return;
    }
    if (size_of(session) > bounds_.max_session_bytes) {
        if (before != sessions_.end()) {
            close(before->second, now);
        }
        ++untold_bytes_;
        return bound_sessions();
    }
    keep(now);
    auto const order = queue(session.pid);
    Saved saved{std::move(session), now, order, shard, base};
    if (before != sessions_.end() && before->second.base == base) {
        saved.last = before->second.last;
        saved.heard = std::move(before->second.heard);
        saved.resent = before->second.resent;
    }
    put(std::move(saved));
    bound_sessions();
}

void Recovery::revoke(TimePoint now, std::string const& pid, unsigned shard, std::uint64_t base) {
    std::lock_guard const lock(mutex_);
    forget_old(now);
    auto const found = sessions_.find(pid);
    if (found == sessions_.end() || outlived(found->second, shard, base)) {
        return;
    }
    close(found->second, now);
    bound_sessions();
}

// For good.
void Recovery::close(Saved& saved, TimePoint now) {
    hollow_out(saved, now);
    saved.live = false;
    saved.base = no_later_base;
}

void Recovery::tell(std::string_view name, std::uint64_t& times) {
    while (times != 0 && on_bound_(name)) {
        --times;
    }
}

void Recovery::drop_oldest() {
    log_bytes_ -= size_of(log_.front());
    log_.pop_front();
    ++first_position_;
}

void Recovery::forget_old(TimePoint now) {
    while (!log_.empty() && now - log_.front().time > bounds_.max_age) {
        drop_oldest();
    }
    while (!session_order_.empty()) {
        auto const& [order, pid] = session_order_.front();
        auto const found = sessions_.find(pid);
        bool const current = found != sessions_.end() && found->second.order == order;
        if (current && now - found->second.time <= bounds_.max_age) {
            break;
        }
        if (current && found->second.live && now - found->second.resumed <= bounds_.late_end) {
            hollow_out(found->second, now);
        } else if (current) {
            erase(found);
        }
        session_order_.pop_front();
    }
}

// Before something is.
void Recovery::keep(TimePoint now) {
    last_kept_ = std::max(last_kept_, now);
    if (!watched_) {
        on_kept_(all_old());
        watched_ = true;
    }
}

Recovery::TimePoint Recovery::all_old() const {
    return engineio::net::later(last_kept_,
                                engineio::net::sum(bounds_.max_age, std::chrono::milliseconds(1)));
}

std::optional<Recovery::TimePoint> Recovery::forget(TimePoint now) {
    std::lock_guard const lock(mutex_);
    forget_old(now);
    for (auto& record : delivered_) {
        record.forget(first_position_);
    }
    // Empty ones keep what was the index of many.
    if (log_.empty()) {
        log_ = decltype(log_)();
    }
    if (sessions_.empty()) {
        sessions_ = decltype(sessions_)();
        session_order_ = decltype(session_order_)();
    }
    watched_ = !log_.empty() || !sessions_.empty();
    return watched_ ? std::optional(all_old()) : std::nullopt;
}

// No client can resume it any more.
void Recovery::hollow_out(Saved& saved, TimePoint now) {
    keep(now);
    saved.session = {{}, std::move(saved.session.pid), {}, {}};
    weigh(saved);
    saved.time = now;
    saved.order = queue(saved.session.pid);
}

std::size_t Recovery::log_size() const {
    std::lock_guard lock(mutex_);
    return log_.size();
}

std::size_t Recovery::session_count() const {
    std::lock_guard lock(mutex_);
    return sessions_.size();
}

}  // namespace socketio
