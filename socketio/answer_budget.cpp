#include "socketio/answer_budget.hpp"

#include "engineio/limits.hpp"
#include "engineio/net/shard.hpp"

#include <utility>

namespace socketio::detail {

namespace {

constexpr auto share = engineio::limits::answer_share;

void tell(engineio::net::Shard* shard, std::string_view who) {
    if (shard) {
        shard->limit_hit("max_answer_bytes", who);
    }
}

}  // namespace

bool AnswerBudget::admit(std::size_t bytes) {
    bool const fits = bytes <= max_bytes_ / share && bytes <= max_bytes_ - bytes_ &&
                      (shard_bytes_ + bytes + share - 1) / share <= max_bytes_;
    if (!fits) {
        tell(&shard_, "an answer to a broadcast");
        return false;
    }
    bytes_ += bytes;
    shard_bytes_ += bytes;
    return true;
}

void AnswerBudget::release() {
    shard_bytes_ -= std::exchange(bytes_, 0);
}

bool admit_early_answer(std::size_t bytes, std::size_t max_bytes) {
    bool const fits = bytes <= max_bytes / share;
    if (!fits) {
        tell(engineio::net::Shard::current(), "an answer that nobody awaits yet");
    }
    return fits;
}

}  // namespace socketio::detail
