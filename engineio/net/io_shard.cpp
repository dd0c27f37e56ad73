#include "engineio/net/io_shard.hpp"

#include "engineio/limits.hpp"
#include "engineio/net/connection.hpp"
#include "engineio/net/result.hpp"
#include "engineio/net/tls_filter.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

namespace engineio::net {

namespace {

// Between two looks at whether all is said.
constexpr auto quiet_look = std::chrono::milliseconds(10);

}  // namespace

IoShard::IoShard(unsigned index)
    : Shard(index, Clock::now()), work_(context_.get_executor()), timer_(context_),
      trim_timer_(context_), look_timer_(context_), ready_(context_, poller_.descriptor()),
      buffer_bytes_(limits::read_buffer_bytes),
      buffer_(std::make_unique_for_overwrite<char[]>(buffer_bytes_)) {}

IoShard::~IoShard() {
    ready_.release();  // the poller closes it
    if (trims_everything_) {
        UnusedMemory::disclaim();
    }
}

std::span<char> IoShard::plaintext_buffer() {
    auto const bytes = buffer_bytes_ + TlsFilter::record_bytes;
    if (!plaintext_) {
        plaintext_ = std::make_unique_for_overwrite<char[]>(bytes);
    }
    return {plaintext_.get(), bytes};
}

void IoShard::run() {
    wait_ready();
    context_.run();
    share_backlogs(nullptr);
    enter([this] { cut_all(); });
    enter([this] {
        while (run_posted()) {
        }
    });
}

void IoShard::wait_ready() {
    ready_.async_wait(ready_.wait_read, [this](boost::system::error_code const& error) {
        if (error) {
            return;
        }
        if (others_far_behind()) {
            reads_nothing_ = true;
            enter([this] { limit_hit("max_posted_bytes", "everybody"); });
            look_at_others_later();
        } else {
            serve_ready();
            wait_ready();
        }
    });
}

// Those that are ready together share a turn, until it has read what is worth one: their answers
// should not wait for all the others'.
void IoShard::serve_ready() {
    if (!poller_.has_collected()) {
        poller_.collect();
    }
    while (poller_.has_collected() && !others_far_behind()) {
        enter([this] {
            auto const read = [this] { return metrics().bytes_in + metrics().bytes_inflated; };
            auto const enough = read() + limits::read_buffer_bytes;
            do {
                serve([this] { poller_.serve_one(); });
            } while (poller_.has_collected() && read() < enough && !others_far_behind());
        });
    }
}

// What others have posted to us goes on meanwhile: two shards that wait for each other work off
// what each has.
void IoShard::hold_off(Connection& connection) {
    if (connection.hold_off()) {
        limit_hit("posted_high_water_bytes", connection.remote_address());
        held_off_.push_back(&connection);
        look_at_others_later();
    }
}

void IoShard::let_go(Connection& connection) {
    if (connection.held_off()) {
        std::erase(held_off_, &connection);
        connection.let_go();
    }
}

void IoShard::look_at_others_later() {
    if (!std::exchange(looks_, true)) {
        look_timer_.expires_after(limits::posted_look_interval);
        look_timer_.async_wait([this](boost::system::error_code const& error) {
            if (!error) {
                looks_ = false;
                look_at_others();
            }
        });
    }
}

void IoShard::look_at_others() {
    if (!others_far_behind()) {
        if (std::exchange(reads_nothing_, false)) {
            wait_ready();
        }
        call_next_held();
    }
    // A few, as each of them may bring about what it waited for.
    if (!held_off_.empty() && !others_behind()) {
        enter([this] {
            auto const few = std::min(held_off_.size(), limits::max_let_go_per_look);
            for (std::size_t i = 0; i < few; ++i) {
                held_off_[i]->let_go();
            }
            held_off_.erase(held_off_.begin(),
                            held_off_.begin() + static_cast<std::ptrdiff_t>(few));
        });
    }
    if (reads_nothing_ || !held_off_.empty() || (!line_.empty() && !line_called_)) {
        look_at_others_later();
    }
}

void IoShard::serve_later(Connection& connection) {
    if (!std::exchange(connection.in_line_, true)) {
        line_.push_back(&connection);
        call_next_held();
    }
}

void IoShard::call_next_held() {
    if (!line_.empty() && !std::exchange(line_called_, true)) {
        boost::asio::post(context_, [this] { serve_next_held(); });
    }
}

void IoShard::serve_next_held() {
    line_called_ = false;
    if (others_far_behind()) {
        look_at_others_later();
        return;
    }
    enter([this] {
        serve([this] {
            // Whoever was first may have died of a timer.
            if (!line_.empty()) {
                auto& connection = *line_.front();
                line_.erase(line_.begin());
                connection.in_line_ = false;
                connection.serve_held();
            }
        });
    });
    call_next_held();
}

void IoShard::stop() {
    // Two tasks: the first turn's flush writes what was queued before anything is cut.
    post([this] { stop_when_flushed(); });
}

void IoShard::stop_when_flushed() {
    boost::asio::post(context_, [this] {
        if (has_unflushed()) {
            enter([] {});
            stop_when_flushed();
        } else if (!stopping_) {
            stopping_ = true;
            context_.stop();
        }
    });
}

void IoShard::wake() {
    boost::asio::post(context_, [this] {
        bool more = false;
        enter([&] { more = run_posted(limits::max_posted_per_turn); });
        if (more) {
            wake();
        }
    });
}

void IoShard::arm_timer() {
    auto const due = timers().next_due();
    if (!due || *due >= armed_until_ || stopping_) {
        return;
    }
    // A deadline that moves later is not worth a system call: the timer fires early, then again.
    armed_until_ = *due;
    timer_.expires_at(*due);
    timer_.async_wait([this](boost::system::error_code const& error) {
        if (!error) {
            armed_until_ = TimePoint::max();
            enter([] {});
        }
    });
}

void IoShard::own(std::unique_ptr<Connection> connection) {
    connection->slot_ = static_cast<std::uint32_t>(connections_.size());
    connections_.push_back(std::move(connection));
    ++metrics().connections;
}

void IoShard::disown(Connection& connection) {
    auto const slot = connection.slot_;
    SIO_ASSERT(slot < connections_.size() && connections_[slot].get() == &connection);
    if (std::exchange(connection.in_line_, false)) {
        std::erase(line_, &connection);
    }
    if (connection.held_off()) {
        std::erase(held_off_, &connection);
    }
    if (served_ == &connection) {
        served_ = nullptr;
    }
    std::swap(connections_[slot], connections_.back());
    connections_[slot]->slot_ = slot;
    retire(std::move(connections_.back()));
    connections_.pop_back();
    --metrics().connections;
}

void IoShard::trim_later(bool everything) {
    trims_ = true;
    trims_everything_ = everything;
    trim_timer_.expires_after(UnusedMemory::delay());
    // No turn: it would be the reason for the next look.
    trim_timer_.async_wait([this](boost::system::error_code const& error) {
        if (!error) {
            trims_ = false;
            trim();
        }
    });
}

void IoShard::trim() {
    if (connections_.size() < connections_.capacity() / 4) {
        connections_.shrink_to_fit();
    }
    output_rooms_.clear();  // each of them would keep the page it lies on
    UnusedMemory::give_back_free_end();
    if (std::exchange(trims_everything_, false)) {
        UnusedMemory::look();
    } else if (UnusedMemory::claim()) {
        trim_later(true);  // for what was freed here since another shard has looked
    }
}

void IoShard::when_quiet(TimePoint limit, Clock::duration patience, std::function<void()> then) {
    SIO_ASSERT(!when_quiet_);
    when_quiet_ = std::move(then);
    quiet_limit_ = limit;
    patience_ = patience;
    silent_since_ = now();
    // What this turn has queued is still to be written.
    quiet_timer_ = timers().after(quiet_look, [this] { look_if_quiet(); });
}

void IoShard::look_if_quiet() {
    if (now() >= quiet_limit_ || quiet()) {
        std::exchange(when_quiet_, nullptr)();
    } else {
        quiet_timer_ = timers().after(quiet_look, [this] { look_if_quiet(); });
    }
}

bool IoShard::quiet() {
    if (std::exchange(bytes_out_then_, metrics().bytes_out) != metrics().bytes_out) {
        silent_since_ = now();
    }
    bool parting = false;
    for (auto const& connection : connections_) {
        if (connection->owes_answer()) {
            return false;
        }
        parting = parting || connection->parting();
    }
    return !parting || now() - silent_since_ >= patience_;
}

void IoShard::cut_all() {
    // Cutting one may end others (a room master leaving), so the list is walked backwards by index.
    for (auto i = connections_.size(); i-- > 0;) {
        if (i < connections_.size()) {
            connections_[i]->cut();
        }
    }
}

}  // namespace engineio::net
