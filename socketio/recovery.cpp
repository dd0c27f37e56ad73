#include "socketio/recovery.hpp"

#include "engineio/net/clock.hpp"
#include "engineio/net/table_room.hpp"

#include <algorithm>
#include <utility>

namespace socketio {

namespace {

std::size_t bytes_of(std::vector<std::string> const& texts) {
    std::size_t bytes = 0;
    for (auto const& text : texts) {
        bytes += engineio::limits::recovery_text_bytes + text.size();
    }
    return bytes;
}

// It was made for sending, with room to spare.
EncodedPacket fitted(EncodedPacket packet) {
    packet.main.shrink_to_fit();
    for (auto& attachment : packet.attachments) {
        attachment.shrink_to_fit();
    }
    return packet;
}

}  // namespace

Recovery::Change::~Change() {
    recovery_.settle();
    lock_.unlock();
    try {
        recovery_.account_.enforce();
    } catch (...) {
        // No memory to tell of it: the next change goes on.
        return;
    }
}

void Recovery::settle() {
    account_.set({log_.size(), log_bytes_, sessions_.size(), session_bytes_});
}

std::size_t Recovery::size_of(Entry const& entry) {
    return engineio::limits::recovery_packet_bytes + entry.packet->main.size() +
           bytes_of(entry.packet->attachments) + bytes_of(entry.selection.rooms) +
           bytes_of(entry.selection.except);
}

std::size_t Recovery::size_of(SavedSession const& session) {
    return engineio::limits::recovery_session_bytes + session.sid.size() + session.pid.size() +
           session.data.memory() + bytes_of(session.rooms);
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
    tell_all();
    auto const offset = next_offset();
    auto packet = std::make_shared<EncodedPacket const>(fitted(encode(offset.text())));
    return remember({offset, now, std::move(selection), std::move(packet)});
}

Recovery::Entry& Recovery::remember(Entry entry) {
    log_.push_back(std::move(entry));
    log_bytes_ += size_of(log_.back());
    log_room_ = std::max(log_room_, log_.size());
    return log_.back();
}

Recovery::Logged Recovery::append(TimePoint now, Selection selection, Encode const& encode,
                                  std::function<bool(unsigned shard)> const& wanted) {
    Change const change(*this);
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
    Change const change(*this);
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

// After its session or what it had heard was set.
void Recovery::weigh(Saved& saved) {
    session_bytes_ -= saved.bytes;
    saved.bytes = size_of(saved.session) + saved.heard.beyond.size() * sizeof(std::uint64_t);
    session_bytes_ += saved.bytes;
}

void Recovery::put(Saved saved) {
    if (auto const before = sessions_.find(saved.session.pid); before != sessions_.end()) {
        erase(before);
    }
    Order place(1);
    auto pid = saved.session.pid;
    auto& kept = sessions_.emplace(std::move(pid), std::move(saved)).first->second;
    kept.place = place.begin();
    place.front() = &kept;
    order_.splice(order_.end(), place);
    weigh(kept);
}

void Recovery::erase(Sessions::iterator saved) {
    session_bytes_ -= saved->second.bytes;
    order_.erase(saved->second.place);
    sessions_.erase(saved);
    engineio::net::give_back_room(sessions_);
}

void Recovery::save(TimePoint now, SavedSession session, unsigned shard, std::uint64_t base) {
    Change const change(*this);
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
        return tell_all();
    }
    keep(now);
    tell_all();
    Saved saved{std::move(session), now, shard, base};
    if (before != sessions_.end() && before->second.base == base) {
        saved.last = before->second.last;
        saved.heard = std::move(before->second.heard);
        saved.resent = before->second.resent;
    }
    put(std::move(saved));
}

void Recovery::revoke(TimePoint now, std::string const& pid, unsigned shard, std::uint64_t base) {
    Change const change(*this);
    forget_old(now);
    auto const found = sessions_.find(pid);
    if (found == sessions_.end() || outlived(found->second, shard, base)) {
        return;
    }
    close(found->second, now);
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

void Recovery::tell_all() {
    tell("max_recovery_packets", untold_packets_);
    tell("max_recovery_bytes", untold_bytes_);
    tell("max_recovery_sessions", untold_sessions_);
}

void Recovery::drop_oldest() {
    log_bytes_ -= size_of(log_.front());
    log_.pop_front();
    ++first_position_;
    // It keeps what was the index of many.
    if (log_.size() < log_room_ / 4) {
        log_.shrink_to_fit();
        log_room_ = log_.size();
    }
}

void Recovery::drop_oldest_session() {
    erase(sessions_.find(order_.front()->session.pid));
}

// Somebody, who may be somebody else, has added too much.
void Recovery::give_way(RecoveryBudget::Kind kind) {
    std::lock_guard const lock(mutex_);
    bool const of_log = kind == RecoveryBudget::packets || kind == RecoveryBudget::packet_bytes;
    if (of_log && !log_.empty()) {
        drop_oldest();
        for (auto& record : delivered_) {
            record.forget(first_position_);
        }
        ++(kind == RecoveryBudget::packets ? untold_packets_ : untold_bytes_);
    } else if (!of_log && !order_.empty()) {
        drop_oldest_session();
        ++(kind == RecoveryBudget::sessions ? untold_sessions_ : untold_bytes_);
    }
    settle();
    tell_all();
}

void Recovery::forget_old(TimePoint now) {
    while (!log_.empty() && now - log_.front().time > bounds_.max_age) {
        drop_oldest();
    }
    while (!order_.empty() && now - order_.front()->time > bounds_.max_age) {
        auto& oldest = *order_.front();
        if (oldest.live && now - oldest.resumed <= bounds_.late_end) {
            hollow_out(oldest, now);
        } else {
            drop_oldest_session();
        }
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
    Change const change(*this);
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
    order_.splice(order_.end(), order_, saved.place);
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
