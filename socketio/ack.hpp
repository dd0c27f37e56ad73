#pragma once

#include "engineio/net/result.hpp"
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

/// What emit_with_ack<T> returns: `co_await` gives Result<T, AckError>. The event has been sent
/// already; dropping this drops only the answer. Only on the socket's shard.
template <class T>
class [[nodiscard]] AckReply {
public:
    AckReply() : state_(std::make_shared<State>()) {}
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
            state->answer = std::move(answer);
            if (auto const waiting = std::exchange(state->waiting, nullptr)) {
                waiting.resume();
            }
        };
    }

    bool await_ready() const noexcept { return state_->answer.has_value(); }
    void await_suspend(std::coroutine_handle<> waiting) noexcept { state_->waiting = waiting; }
    Result<T, AckError> await_resume() {
        auto& answer = *state_->answer;
        if (!answer) {
            return answer.error();
        }
        return detail::read_answer<T>(std::move(*answer));
    }

private:
    struct State {
        std::optional<Result<Args, AckError>> answer;
        std::coroutine_handle<> waiting;
    };
    std::shared_ptr<State> state_;
};

/// The answers to a broadcast with acknowledgement, in order of arrival.
template <class T>
struct Replies {
    /// What they answered.
    std::vector<T> replies;
    std::size_t missing = 0;  ///< clients that did not answer in time, or not with a T
    /// Everybody has answered.
    bool complete() const { return missing == 0; }
};

namespace detail {

/// First argument of every answer so far, and how many clients were asked.
struct Gathered {
    std::vector<Json> answers;
    std::size_t asked = 0;
};
using GatherCallback = std::function<void(Gathered)>;

}  // namespace detail

/// `co_await` gives Replies<T>; see BroadcastOperator::emit_with_ack. Only on the shard that asked.
template <class T>
class [[nodiscard]] BroadcastReply {
public:
    BroadcastReply() : state_(std::make_shared<State>()) {}
    BroadcastReply(BroadcastReply&&) noexcept = default;
    BroadcastReply& operator=(BroadcastReply&&) noexcept = default;
    ~BroadcastReply() {
        if (state_) {
            state_->waiting = nullptr;
        }
    }

    /// @private For the library.
    detail::GatherCallback callback() const {
        return [state = state_](detail::Gathered gathered) {
            state->gathered = std::move(gathered);
            if (auto const waiting = std::exchange(state->waiting, nullptr)) {
                waiting.resume();
            }
        };
    }

    bool await_ready() const noexcept { return state_->gathered.has_value(); }
    void await_suspend(std::coroutine_handle<> waiting) noexcept { state_->waiting = waiting; }
    Replies<T> await_resume() {
        Replies<T> result;
        for (Json& answer : state_->gathered->answers) {
            T value{};
            if (read_value(std::move(answer), value)) {
                result.replies.push_back(std::move(value));
            }
        }
        result.missing = state_->gathered->asked - result.replies.size();
        return result;
    }

private:
    struct State {
        std::optional<detail::Gathered> gathered;
        std::coroutine_handle<> waiting;
    };
    std::shared_ptr<State> state_;
};

}  // namespace socketio
