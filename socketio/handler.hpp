#pragma once

// Turns any callable into an event handler: the JSON arguments are decoded to its parameter types,
// its return value (or its Ack parameter) becomes the acknowledgement.

#include "engineio/callback.hpp"
#include "socketio/ack.hpp"
#include "socketio/json_codec.hpp"
#include "socketio/task.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

namespace socketio {

/// An event as listeners for any event, on_invalid and middlewares see it; views live during the
/// call.
struct Event {
    /// Its name, its arguments, and whether the client wants an acknowledgement.
    std::string_view name;
    std::span<Json const> args;
    bool wants_ack = false;
    /// @private For answer().
    detail::AckSlot* slot = nullptr;

    /// Acknowledges it, if the client wants that and nobody has yet. For on_invalid, and for event
    /// middlewares that refuse it; elsewhere it does nothing.
    template <class... Ts>
    void answer(Ts const&... values) const {
        if (slot) {
            auto const write = [&](Writer& writer) { write_args(writer, values...); };
            slot->send(args_count(values...), PayloadRef(write));
        }
    }
};
using InvalidEvent = Event;

/// Hears of events without handling them: on_any, on_any_outgoing, on_invalid.
using EventListener = engineio::Callback<void(Socket&, Event const&)>;

/// One call of the handlers of an event.
struct Invocation {
    Socket& socket;
    std::span<Json> args;
    std::shared_ptr<detail::AckSlot> const& ack;  ///< null if none was asked for
    bool may_move;                                ///< no later handler needs the arguments
    /// What keeps a handler that may be taken off alive while its coroutine is suspended.
    std::shared_ptr<void const> const& owner;
    /// The arguments as text instead, if all handlers of the event take RawJson.
    std::span<std::string> raw_args = {};

    /// Of the arguments, as of Json::memory().
    std::size_t memory() const;
};

/// What is called for an event. False: the arguments do not fit, nothing was called.
class EventHandler {
public:
    using Function = std::function<bool(Invocation const&)>;

    EventHandler(Function function, bool takes_raw = false)
        : function_(std::move(function)), takes_raw_(takes_raw) {}

    bool operator()(Invocation const& call) const { return function_(call); }
    /// Its arguments are all RawJson: the event need not be parsed for it.
    bool takes_raw() const { return takes_raw_; }

private:
    Function function_;
    bool takes_raw_;
};

class ReadingGate;

namespace detail {

template <class>
inline constexpr bool is_ack = false;
template <class... Ts>
inline constexpr bool is_ack<Ack<Ts...>> = true;

template <class>
struct TaskResult {
    static constexpr bool is_task = false;
};
template <class T>
struct TaskResult<Task<T>> {
    static constexpr bool is_task = true;
    using type = T;
};

template <class... Ts>
struct TypeList {};

template <class F>
struct Signature : Signature<decltype(&F::operator())> {};
template <class R, class... P>
struct Signature<R (*)(P...)> {
    using Result = R;
    using Parameters = TypeList<P...>;
};
template <class R, class C, class... P>
struct Signature<R (C::*)(P...)> : Signature<R (*)(P...)> {};
template <class R, class C, class... P>
struct Signature<R (C::*)(P...) const> : Signature<R (*)(P...)> {};
template <class R, class C, class... P>
struct Signature<R (C::*)(P...) noexcept> : Signature<R (*)(P...)> {};
template <class R, class C, class... P>
struct Signature<R (C::*)(P...) const noexcept> : Signature<R (*)(P...)> {};

/// Splits off the leading Socket&.
template <class List>
struct Leading {
    static constexpr bool has_socket = false;
    using Rest = List;
};
template <class... P>
struct Leading<TypeList<Socket&, P...>> {
    static constexpr bool has_socket = true;
    using Rest = TypeList<P...>;
};

template <class T>
inline constexpr bool dies_with_the_call =
    std::is_reference_v<T> || std::same_as<std::decay_t<T>, std::string_view>;
template <>
inline constexpr bool dies_with_the_call<Socket&> = false;  ///< whoever starts a coroutine keeps it

/// Whether a function may be a coroutine: it still has its parameters after the first co_await.
template <class List>
inline constexpr bool all_live_on = false;
template <class... P>
inline constexpr bool all_live_on<TypeList<P...>> = !(dies_with_the_call<P> || ...);
template <class F>
inline constexpr bool takes_values = all_live_on<typename Signature<std::decay_t<F>>::Parameters>;

template <class T>
inline constexpr bool may_be_missing = false;
template <class T>
inline constexpr bool may_be_missing<std::optional<T>> = true;
template <>
inline constexpr bool may_be_missing<Json> = true;  ///< JavaScript's undefined

/// Decodes parameter number `index`.
template <class T>
bool read_parameter(Invocation const& call, std::size_t index, T& out) {
    if constexpr (is_ack<T>) {
        out = T(call.ack);
        return true;
    } else if constexpr (std::same_as<T, RawJson>) {
        if (index < call.raw_args.size()) {
            auto& text = call.raw_args[index];
            out = RawJson::trusted(call.may_move ? std::move(text) : text);
            return true;
        }
        return index < call.args.size() && read_value(std::as_const(call.args[index]), out);
    } else if constexpr (std::same_as<T, Args>) {
        if (index < call.args.size()) {
            out.reserve(call.args.size() - index);
        }
        for (std::size_t i = index; i < call.args.size(); ++i) {
            out.push_back(call.may_move ? std::move(call.args[i]) : call.args[i]);
        }
        return true;
    } else if (index >= call.args.size()) {
        return may_be_missing<T>;
    } else if constexpr (std::same_as<T, std::string_view>) {
        return read_value(std::as_const(call.args[index]), out);
    } else {
        return call.may_move ? read_value(std::move(call.args[index]), out)
                             : read_value(std::as_const(call.args[index]), out);
    }
}

template <class T>
void answer(std::shared_ptr<AckSlot> const& ack, T const& value) {
    if (ack) {
        auto const write = [&](Writer& writer) { write_args(writer, value); };
        ack->send(args_count(value), PayloadRef(write));
    }
}

/// Counts one unfinished coroutine or waiting event of a connection, and the bytes of the client's
/// that it keeps in memory, for its backpressure (limits.hpp); nothing if that is gone.
class Unfinished {
public:
    Unfinished(Socket& socket, std::size_t bytes);
    ~Unfinished();
    Unfinished(Unfinished const&) = delete;
    Unfinished& operator=(Unfinished const&) = delete;

private:
    std::shared_ptr<ReadingGate> gate_;
    std::size_t bytes_;
};

/// The frame that owns a coroutine handler: keeps the socket and the handler's captures alive and
/// sends the result.
template <class R>
Task<void> finish(SocketPtr keep, std::shared_ptr<AckSlot> ack, Task<R> task,
                  std::shared_ptr<void const> owner = nullptr, std::size_t bytes = 0) {
    Unfinished const counted(*keep, bytes);
    // Parameters go in any order; what runs has to go before what it refers to, also at the end of
    // the shard, in the middle of it.
    Task<R> running = std::move(task);
    if constexpr (std::is_void_v<R>) {
        co_await std::move(running);
    } else {
        auto value = co_await std::move(running);
        answer(ack, value);
    }
    static_cast<void>(owner);
}

template <class F, bool with_socket, class... P>
class TypedHandler {
    using Result = typename Signature<std::decay_t<F>>::Result;
    static constexpr bool is_coroutine = TaskResult<Result>::is_task;
    static constexpr std::size_t ack_count = (std::size_t{is_ack<std::decay_t<P>>} + ... + 0);
    static constexpr std::size_t rest_count =
        (std::size_t{std::same_as<std::decay_t<P>, Args>} + ... + 0);

    static consteval bool order_is_right() {
        constexpr bool acks[] = {false, is_ack<std::decay_t<P>>...};
        constexpr bool rests[] = {false, std::same_as<std::decay_t<P>, Args>...};
        for (std::size_t i = 1; i <= sizeof...(P); ++i) {
            bool const last = i == sizeof...(P) || (i + 1 == sizeof...(P) && acks[i + 1]);
            if ((acks[i] && i != sizeof...(P)) || (rests[i] && !last)) {
                return false;
            }
        }
        return true;
    }
    static consteval bool returns_value() {
        if constexpr (is_coroutine) {
            return !std::is_void_v<typename TaskResult<Result>::type>;
        } else {
            return !std::is_void_v<Result>;
        }
    }
    static_assert(ack_count <= 1 && rest_count <= 1 && order_is_right(),
                  "handler parameters must be: optional Socket&, JSON arguments (Args last), then "
                  "optional Ack<...>");
    static_assert(!(ack_count == 1 && returns_value()),
                  "a handler acknowledges by its return value or by an Ack parameter, not both");
    static_assert(!(is_coroutine && (std::is_reference_v<P> || ...)),
                  "a coroutine handler must take its arguments by value (except Socket&): "
                  "references would dangle after the first co_await");
    static_assert(!(is_coroutine && (std::same_as<std::decay_t<P>, std::string_view> || ...)),
                  "a coroutine handler can't take std::string_view: use std::string");
    static_assert(((!std::is_lvalue_reference_v<P> ||
                    std::is_const_v<std::remove_reference_t<P>>)&&...),
                  "take JSON arguments by value or const reference; only Socket& may be first");

public:
    /// Nothing but RawJson arguments, and at least one.
    static constexpr bool takes_raw =
        (... && (std::same_as<std::decay_t<P>, RawJson> || is_ack<std::decay_t<P>>)) &&
        (std::size_t{std::same_as<std::decay_t<P>, RawJson>} + ... + 0) > 0;

    explicit TypedHandler(F function) : function_(std::move(function)) {}

    bool operator()(Invocation const& call) {
        return decode_and_call(call, std::index_sequence_for<P...>());
    }

private:
    template <std::size_t... I>
    bool decode_and_call(Invocation const& call, std::index_sequence<I...>) {
        std::tuple<std::decay_t<P>...> values;
        std::size_t const bytes = is_coroutine ? call.memory() : 0;  // before they are moved away
        if (!(read_parameter(call, I, std::get<I>(values)) && ...)) {
            return false;
        }
        invoke(call, bytes, std::get<I>(values)...);
        return true;
    }

    template <class... V>
    void invoke(Invocation const& call, [[maybe_unused]] std::size_t bytes, V&... values) {
        if constexpr (is_coroutine) {
            spawn(finish(SocketPtr(&call.socket), call.ack, invoke_raw(call, values...), call.owner,
                         bytes));
        } else if constexpr (std::is_void_v<Result>) {
            invoke_raw(call, values...);
        } else {
            answer(call.ack, invoke_raw(call, values...));
        }
    }

    template <class... V>
    Result invoke_raw(Invocation const& call, V&... values) {
        if constexpr (with_socket) {
            return std::invoke(function_, call.socket, std::move(values)...);
        } else {
            return std::invoke(function_, std::move(values)...);
        }
    }

    F function_;
};

template <class F, bool with_socket, class... P>
EventHandler make_typed(F&& function, TypeList<P...>) {
    using Handler = TypedHandler<std::decay_t<F>, with_socket, P...>;
    return EventHandler(Handler(std::forward<F>(function)), Handler::takes_raw);
}

}  // namespace detail

/// From a lambda, function or function object.
template <class F>
EventHandler make_handler(F&& function) {
    using Parameters = typename detail::Signature<std::decay_t<F>>::Parameters;
    using Split = detail::Leading<Parameters>;
    return detail::make_typed<F, Split::has_socket>(std::forward<F>(function),
                                                    typename Split::Rest());
}

namespace detail {

template <class R, class C, class... P>
auto bind_member(R (C::*method)(P...), C* object) {
    return [method, object](P... values) -> R {
        return (object->*method)(std::forward<P>(values)...);
    };
}
template <class R, class C, class... P>
auto bind_member(R (C::*method)(P...) const, C const* object) {
    return [method, object](P... values) -> R {
        return (object->*method)(std::forward<P>(values)...);
    };
}

}  // namespace detail

/// From `(Socket&, Event const&)` or `(Event const&)`.
template <class F>
EventListener make_listener(F listener) {
    if constexpr (std::is_invocable_v<F&, Socket&, Event const&>) {
        return listener;
    } else {
        static_assert(std::is_invocable_v<F&, Event const&>,
                      "a listener for any event takes (Socket&, Event const&) or (Event const&)");
        return [listener = std::move(listener)](Socket&, Event const& event) mutable {
            return listener(event);  // a coroutine is for EventListener to refuse
        };
    }
}

/// From a member function; `object` must outlive the server.
template <class M, class C>
EventHandler make_handler(M method, C* object) {
    return make_handler(detail::bind_member(method, object));
}

}  // namespace socketio
