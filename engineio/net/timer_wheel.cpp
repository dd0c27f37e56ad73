#include "engineio/net/timer_wheel.hpp"

#include <bit>
#include <utility>

namespace engineio::net {

void Timer::cancel() noexcept {
    if (!wheel_) {
        return;
    }
    *link_ = next_;
    if (next_) {
        next_->link_ = link_;
    }
    --wheel_->count_;
    next_ = nullptr;
    link_ = nullptr;
    wheel_ = nullptr;
}

OneShot::State::State(std::function<void()> callback)
    : callback(std::move(callback)), timer(&State::fire, this) {}

void OneShot::State::fire(void* self) {
    // The callback may destroy the handle and with it this state, so it runs from the stack.
    auto run = std::exchange(static_cast<State*>(self)->callback, nullptr);
    run();
}

TimerWheel::TimerWheel(Clock::time_point start) : start_(start), now_(start) {}

TimerWheel::~TimerWheel() {
    auto const unlink_all = [](Timer*& head) {
        while (head) {
            head->cancel();
        }
    };
    unlink_all(firing_);
    for (Timer*& head : slots_) {
        unlink_all(head);
    }
}

std::uint64_t TimerWheel::tick_of(Clock::time_point due) const noexcept {
    return due <= start_ ? 0 : static_cast<std::uint64_t>((due - start_) / limits::timer_tick);
}

void TimerWheel::link(Timer& timer, Timer*& head) noexcept {
    timer.next_ = head;
    timer.link_ = &head;
    if (head) {
        head->link_ = &timer.next_;
    }
    head = &timer;
}

void TimerWheel::arm(Timer& timer, Clock::time_point due) {
    timer.cancel();
    timer.due_ = due;
    timer.order_ = next_order_++;
    timer.wheel_ = this;
    ++count_;
    // A deadline in the past goes where the next advance looks first. Deadlines more than a turn
    // away share slots with nearer ones; collect() leaves them until their time has come.
    std::size_t const slot = std::max(tick_of(due), current_tick_) % slot_count;
    link(timer, slots_[slot]);
    occupied_[slot / word_bits] |= std::uint64_t{1} << (slot % word_bits);
}

OneShot TimerWheel::at(Clock::time_point due, std::function<void()> callback) {
    OneShot handle;
    handle.state_ = std::make_unique<OneShot::State>(std::move(callback));
    arm(handle.state_->timer, due);
    return handle;
}

void TimerWheel::collect(std::size_t slot) {
    for (Timer* timer = slots_[slot]; timer; timer = timer->next_) {
        if (timer->due_ <= now_) {
            due_.push_back(timer);
        }
    }
}

void TimerWheel::make_firing_list() {
    std::sort(due_.begin(), due_.end(), [](Timer const* a, Timer const* b) {
        return std::pair(a->due_, a->order_) < std::pair(b->due_, b->order_);
    });
    // Linked, not kept in the vector: a callback may cancel or destroy any timer still to fire.
    for (auto timer = due_.rbegin(); timer != due_.rend(); ++timer) {
        (*timer)->cancel();
        (*timer)->wheel_ = this;
        ++count_;
        link(**timer, firing_);
    }
    due_.clear();
}

void TimerWheel::advance(Clock::time_point now) {
    set_now(now);
    std::uint64_t const last = tick_of(now_);
    // A long sleep visits every slot once, not once per tick slept.
    std::uint64_t const visits = std::min<std::uint64_t>(last - current_tick_ + 1, slot_count);
    for (std::uint64_t tick = current_tick_; tick < current_tick_ + visits; ++tick) {
        collect(tick % slot_count);
    }
    // The slot of `last` may hold deadlines later in this tick, so it is visited again.
    current_tick_ = last;
    make_firing_list();
    while (Timer* timer = firing_) {
        timer->cancel();
        timer->fire_(timer->arg_);
    }
}

std::optional<Clock::time_point> TimerWheel::next_due() noexcept {
    if (count_ == 0) {
        return std::nullopt;
    }
    std::size_t const first = current_tick_ % slot_count;
    for (std::size_t step = 0; step < slot_count;) {
        std::size_t const slot = (first + step) % slot_count;
        std::uint64_t& word = occupied_[slot / word_bits];
        std::uint64_t const rest = word >> (slot % word_bits);
        if (rest == 0) {
            step += word_bits - slot % word_bits;
            continue;
        }
        int const zeros = std::countr_zero(rest);
        if (zeros > 0) {
            step += static_cast<std::size_t>(zeros);
            continue;
        }
        if (slots_[slot]) {
            // The end of the tick: by then everything in the slot that is of this turn is due.
            return start_ + (current_tick_ + step + 1) * limits::timer_tick;
        }
        word &= ~(std::uint64_t{1} << (slot % word_bits));
        ++step;
    }
    return now_;  // only inside advance: what is left is about to fire
}

}  // namespace engineio::net
