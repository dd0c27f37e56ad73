#pragma once

#include "engineio/net/result.hpp"
#include "socketio/answer_budget.hpp"
#include "socketio/emit.hpp"
#include "socketio/json_codec.hpp"

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <coroutine>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

namespace socketio {

class Socket;
void intrusive_ptr_add_ref(Socket* socket) noexcept;
void intrusive_ptr_release(Socket* socket) noexcept;
/// Keeps a socket alive beyond its connection; not atomic, stays on the socket's shard.
using SocketPtr = boost::intrusive_ptr<Socket>;

using engineio::net::Result;

/// Why an acknowledgement did not come.
enum class AckError : std::uint8_t {
    timeout,       ///< not within .timeout(...)
    disconnected,  ///< the socket left its namespace first
    invalid,       ///< the answer does not fit the expected type
    too_many,      ///< SocketLimits::max_pending_acks are awaited already; the event was not sent
    too_large,     ///< it came before it was awaited, above a quarter of max_answer_bytes
};

constexpr std::string_view to_string(AckError error) {
    switch (error) {
    case AckError::timeout:
        return "operation has timed out";
    case AckError::disconnected:
        return "socket has been disconnected";
    case AckError::invalid:
        return "the acknowledgement has another shape";
    case AckError::too_many:
        return "too many acknowledgements are awaited";
    case AckError::too_large:
        return "the acknowledgement is too large";
    }
    return "";
}

namespace detail {

/// The one permission to answer one event; shared by the copies of an Ack.
struct AckSlot {
    AckSlot(SocketPtr socket, std::uint64_t id);
    ~AckSlot();
    void send(std::size_t count, PayloadRef args);  ///< first call only
    SocketPtr socket;
    std::uint64_t id;
    bool sent = false;
};

using AckCallback = std::function<void(Result<Args, AckError>)>;

/// Reads the first answer (or all of them, for Args) as T.
template <class T>
Result<T, AckError> read_answer(Args&& args) {
    static_assert(!std::same_as<T, std::string_view>, "an answer is kept: ask for a std::string");
    if constexpr (std::same_as<T, Args>) {
        return std::move(args);
    } else {
        T value{};
        if (args.empty()) {
            args.emplace_back();
        }
        if (!read_value(std::move(args.front()), value)) {
            return AckError::invalid;
        }
        return value;
    }
}

}  // namespace detail

/// The last parameter of a handler that answers itself: `ack(1, "two")` sends the acknowledgement.
/// The first call counts, later ones are ignored, as is any if the client asked for none
/// (`if (ack)` tells). May be kept and called later, on the socket's shard.
template <class... Ts>
class Ack {
public:
    Ack() = default;
    /// @private Made by the library.
    explicit Ack(std::shared_ptr<detail::AckSlot> slot) : slot_(std::move(slot)) {}

    /// The client asked for an acknowledgement.
    explicit operator bool() const { return slot_ != nullptr; }

    /// Sends it.
    void operator()(Ts const&... values) const {
        if (slot_) {
            auto const write = [&](Writer& writer) { write_args(writer, values...); };
            slot_->send(args_count(values...), PayloadRef(write));
        }
    }

private:
    std::shared_ptr<detail::AckSlot> slot_;
};

namespace detail {

/// What all the arguments of an answer weigh before the first of them is read as T.
template <class T>
std::size_t weight_before(Args const& args) {
    std::size_t bytes = 0;
    if constexpr (std::same_as<T, Args>) {
        for (Json const& arg : args) {
            bytes += arg.memory();
        }
    } else if (!args.empty()) {
        bytes = weight_before<T>(args.front());
    }
    return bytes;
}

}  // namespace detail

/// What emit_with_ack<T> returns: `co_await` gives Result<T, AckError>. The event has been sent
/// already; dropping this drops only the answer. Only on the socket's shard.
template <class T>
class [[nodiscard]] AckReply {
public:
    /// @private Made by the library; `max_bytes` is SocketLimits::max_answer_bytes.
    explicit AckReply(std::size_t max_bytes) : state_(std::make_shared<State>(max_bytes)) {}
    AckReply(AckReply&&) noexcept = default;
    AckReply& operator=(AckReply&&) noexcept = default;
    ~AckReply() {
        if (state_) {
            state_->waiting = nullptr;  // the coroutine is being destroyed: nobody to resume
        }
    }

    /// @private For the library.
    detail::AckCallback callback() const {
        return [state = state_](Result<Args, AckError> answer) {
            state->answer = state->read(std::move(answer));
            if (auto const waiting = std::exchange(state->waiting, nullptr)) {
                waiting.resume();
            }
        };
    }

    bool await_ready() const noexcept { return state_->answer.has_value(); }
    void await_suspend(std::coroutine_handle<> waiting) noexcept { state_->waiting = waiting; }
    Result<T, AckError> await_resume() { return std::move(*state_->answer); }

private:
    struct State {
        explicit State(std::size_t most) : max_bytes(most) {}
        // At once: until somebody awaits it, it should not be larger than what was asked for.
        Result<T, AckError> read(Result<Args, AckError> came) const {
            if (!came) {
                return came.error();
            }
            auto const before = waiting ? 0 : detail::weight_before<T>(*came);
            auto value = detail::read_answer<T>(std::move(*came));
            if (!waiting && value &&
                !detail::admit_early_answer(detail::weight_after(*value, before), max_bytes)) {
                return AckError::too_large;
            }
            return value;
        }
        std::size_t const max_bytes;
        std::optional<Result<T, AckError>> answer = {};
        std::coroutine_handle<> waiting = {};
    };
    std::shared_ptr<State> state_;
};

/// The answers to a broadcast with acknowledgement, in order of arrival.
template <class T>
struct Replies {
    /// What they answered.
    std::vector<T> replies;
    /// Clients that did not answer in time, not with a T, or with more than max_answer_bytes admits
    std::size_t missing = 0;
    /// Everybody has answered.
    bool complete() const { return missing == 0; }
};

/// `co_await` gives Replies<T>; see BroadcastOperator::emit_with_ack. Only on the shard that asked.
template <class T>
class [[nodiscard]] BroadcastReply {
    static_assert(!std::same_as<T, std::string_view>, "answers are kept: ask for std::string");

public:
    BroadcastReply() : state_(std::make_shared<State>()) {}
    BroadcastReply(BroadcastReply&&) noexcept = default;
    BroadcastReply& operator=(BroadcastReply&&) noexcept = default;
    ~BroadcastReply() {
        if (state_) {
            state_->waiting = nullptr;
            state_->wanted = false;
        }
    }

    /// @private For the library.
    std::shared_ptr<detail::AnswerSink> sink() const { return state_; }

    bool await_ready() const noexcept { return state_->complete; }
    void await_suspend(std::coroutine_handle<> waiting) noexcept { state_->waiting = waiting; }
    Replies<T> await_resume() { return std::move(state_->result); }

private:
    struct State final : detail::AnswerSink {
        void take(Json answer, detail::AnswerBudget* budget) override {
            T value{};
            auto const before = budget ? detail::weight_before<T>(answer) : 0;
            if (wanted && read_value(std::move(answer), value) &&
                (!budget || budget->admit(detail::weight_after(value, before)))) {
                result.replies.push_back(std::move(value));
            }
        }
        void finish(std::size_t asked) override {
            result.missing = asked - result.replies.size();
            complete = true;
            if (auto const handle = std::exchange(waiting, nullptr)) {
                handle.resume();
            }
        }
        Replies<T> result;
        bool wanted = true;
        bool complete = false;
        std::coroutine_handle<> waiting;
    };
    std::shared_ptr<State> state_;
};

}  // namespace socketio
