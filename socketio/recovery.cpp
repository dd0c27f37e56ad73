#include "socketio/recovery.hpp"

#include <algorithm>
#include <utility>

namespace socketio {

namespace {

constexpr std::string_view offset_alphabet =
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

bool contains(std::vector<std::string> const& list, std::string_view name) {
    return std::find(list.begin(), list.end(), name) != list.end();
}

std::size_t size_of(EncodedPacket const& packet) {
    std::size_t bytes = packet.main.size();
    for (auto const& attachment : packet.attachments) {
        bytes += attachment.size();
    }
    return bytes;
}

bool was_meant_for(Selection const& selection, SavedSession const& session) {
    auto const member = [&](std::string const& room) {
        return room == session.sid || contains(session.rooms, room);
    };
    return (selection.rooms.empty() || std::ranges::any_of(selection.rooms, member)) &&
           std::ranges::none_of(selection.except, member);
}

}  // namespace

// Wall clock in base 64 with a counter for repeats, the form the reference's clients see.
std::string Recovery::next_offset() {
    using namespace std::chrono;
    auto const wall = static_cast<std::uint64_t>(
        duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count());
    bool const later = wall > last_stamp_;  // a clock set back must not give an offset twice
    if (later) {
        last_stamp_ = wall;
        repeats_ = 0;
    }
    std::string stamp;
    for (auto ms = last_stamp_; ms > 0; ms /= 64) {
        stamp.insert(stamp.begin(), offset_alphabet[ms % 64]);
    }
    return later ? stamp : stamp + "." + std::to_string(repeats_++);
}

Recovery::Logged
Recovery::append(TimePoint now, Selection selection,
                 std::function<EncodedPacket(std::string_view offset)> const& encode) {
    std::lock_guard lock(mutex_);
    forget_old(now);
    auto offset = next_offset();
    auto packet = std::make_shared<EncodedPacket const>(encode(offset));
    log_.push_back({std::move(offset), now, std::move(selection), packet});
    log_bytes_ += size_of(*packet);
    while (log_.size() > max_recovery_log_packets || log_bytes_ > max_recovery_log_bytes) {
        drop_oldest();
    }
    return {std::move(packet), first_position_ + log_.size() - 1};
}

void Recovery::save(TimePoint now, SavedSession session) {
    std::lock_guard lock(mutex_);
    forget_old(now);
    auto const order = next_order_++;
    session_order_.emplace_back(order, session.pid);
    auto key = session.pid;
    sessions_.insert_or_assign(std::move(key), Saved{std::move(session), now, order});
    if (session_order_.size() > max_recovery_sessions) {
        auto const oldest = std::move(session_order_.front());
        session_order_.pop_front();
        if (auto const found = sessions_.find(oldest.second);
            found != sessions_.end() && found->second.order == oldest.first) {
            sessions_.erase(found);
        }
    }
}

std::optional<Recovery::Restored> Recovery::restore(TimePoint now, std::string_view pid,
                                                    std::string_view offset) {
    std::lock_guard lock(mutex_);
    forget_old(now);
    auto const saved = sessions_.find(std::string(pid));
    if (saved == sessions_.end()) {
        return std::nullopt;
    }
    auto entry = std::ranges::find(log_, offset, &Entry::offset);
    if (entry == log_.end()) {
        return std::nullopt;
    }
    Restored restored{saved->second.session, {}, first_position_ + log_.size() - 1};
    for (++entry; entry != log_.end(); ++entry) {
        if (was_meant_for(entry->selection, restored.session)) {
            restored.missed.push_back(entry->packet);
        }
    }
    return restored;
}

void Recovery::drop_oldest() {
    log_bytes_ -= size_of(*log_.front().packet);
    log_.pop_front();
    ++first_position_;
}

void Recovery::forget_old(TimePoint now) {
    while (!log_.empty() && now - log_.front().time > max_age_) {
        drop_oldest();
    }
    while (!session_order_.empty()) {
        auto const& [order, pid] = session_order_.front();
        auto const found = sessions_.find(pid);
        bool const current = found != sessions_.end() && found->second.order == order;
        if (current && now - found->second.time <= max_age_) {
            break;
        }
        if (current) {
            sessions_.erase(found);
        }
        session_order_.pop_front();
    }
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
