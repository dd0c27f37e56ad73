#include "engineio/net/drain.hpp"

#include "engineio/net/text.hpp"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace engineio::net {

namespace {

// From half to one and a half of it.
Clock::duration jittered(Clock::duration interval) {
    constexpr auto steps = 65'536;
    std::uint16_t chance;
    random_fill(&chance, sizeof chance);
    return sum(interval / 2, interval / steps * chance);
}

}  // namespace

std::function<void()> when_all(std::size_t parts, std::function<void()> then) {
    if (parts == 0) {
        then();
        return {};
    }
    return [left = std::make_shared<std::atomic<std::size_t>>(parts), then = std::move(then)] {
        if (left->fetch_sub(1) == 1) {
            then();
        }
    };
}

Drainer::Drainer(Shard& shard, DrainOptions const& options, std::function<void()> begin,
                 CloseSome close_some, std::function<void()> told)
    : shard_(shard), options_(options), close_some_(std::move(close_some)), told_(std::move(told)),
      batch_(std::max<std::size_t>(options.batch, 1)) {
    // The last quarter is for the goodbyes.
    auto const rest = std::max(sum(clocked(options.deadline), -clocked(options.notice)),
                               clocked(options.interval));
    all_told_by_ = later(later(shard.now(), options.notice), rest / 4 * 3);
    auto start = [this, begin = std::move(begin)] {
        begin();
        step();
    };
    timer_ = shard.timers().after(options.notice, std::move(start));
}

void Drainer::step() {
    auto const left = close_some_(batch_);
    if (left == 0) {
        told_();
        return;
    }
    batch_ = next_batch(left);
    timer_ = shard_.timers().after(jittered(clocked(options_.interval)), [this] { step(); });
}

std::size_t Drainer::next_batch(std::size_t left) const {
    auto const time = std::max(all_told_by_ - shard_.now(), Clock::duration::zero());
    auto const interval =
        std::max<Clock::duration>(clocked(options_.interval), std::chrono::milliseconds(1));
    auto const batches = static_cast<std::size_t>(time / interval) + 1;
    return std::max<std::size_t>({options_.batch, (left + batches - 1) / batches, 1});
}

}  // namespace engineio::net
