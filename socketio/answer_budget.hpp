#pragma once

#include "socketio/json.hpp"
#include "socketio/json_codec.hpp"

#include <cstddef>
#include <ranges>
#include <type_traits>

namespace engineio::net {
class Shard;
}

namespace socketio::detail {

/// What the answers to one broadcast may take until whoever asked gets them all
/// (SocketLimits::max_answer_bytes): a quarter for one answer, and four times as much for all
/// broadcasts that a shard waits for. On that shard only.
class AnswerBudget {
public:
    /// `shard_bytes`: what the answers to all of them take.
    AnswerBudget(engineio::net::Shard& shard, std::size_t max_bytes, std::size_t& shard_bytes)
        : shard_(shard), max_bytes_(max_bytes), shard_bytes_(shard_bytes) {}
    ~AnswerBudget() = default;
    AnswerBudget(AnswerBudget const&) = delete;
    AnswerBudget& operator=(AnswerBudget const&) = delete;

    /// False, which counts as a limit that was met: an answer of that weight is to be dropped.
    bool admit(std::size_t bytes);
    /// Whoever asked has them.
    void release();

private:
    engineio::net::Shard& shard_;
    std::size_t const max_bytes_;
    std::size_t& shard_bytes_;
    std::size_t bytes_ = 0;
};

/// The same for the one answer of AckReply that nobody has awaited yet.
bool admit_early_answer(std::size_t bytes, std::size_t max_bytes);

/// Takes no memory but its own.
template <class T>
inline constexpr bool is_flat = std::is_trivially_copyable_v<T>;

/// A string, or a vector of numbers.
template <class T>
concept FlatRange = std::ranges::contiguous_range<T> && is_flat<std::ranges::range_value_t<T>>;

/// What an answer weighs before it is read as T, if it can't be told afterwards.
template <class T>
std::size_t weight_before(Json const& answer) {
    return is_flat<T> || FlatRange<T> ? 0 : answer.memory();
}

/// What it takes as T, at most. Types of a fixed size are not counted: there is one for each client
/// that is asked, as there is an entry that waits for it.
template <class T>
std::size_t weight_after(T const& value, std::size_t before) {
    if constexpr (is_flat<T>) {
        return 0;
    } else if constexpr (FlatRange<T>) {
        return std::ranges::size(value) * sizeof(std::ranges::range_value_t<T>);
    } else {
        return before;
    }
}

/// Takes the answers to one broadcast as they come, and keeps them in the form that was asked for:
/// the tree of a hostile one is much larger than its text. On the shard that asked.
class AnswerSink {
public:
    virtual ~AnswerSink() = default;
    /// No `budget`: it was our own servers that answered.
    virtual void take(Json answer, AnswerBudget* budget) = 0;
    /// So many were asked, and no more answers come.
    virtual void finish(std::size_t asked) = 0;
};

}  // namespace socketio::detail
