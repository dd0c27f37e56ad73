#pragma once

#include "apps/common/envelope.hpp"
#include "socketio/handler.hpp"

#include <functional>
#include <type_traits>
#include <utility>

namespace apps::common {

class Peer;

/// What is called for a message type. False: the payload does not fit, nothing was called.
using PeerHandler = std::function<bool(Peer&, Inbound&)>;

namespace detail {

template <class T>
inline constexpr bool is_about =
    std::is_same_v<std::decay_t<T>, Peer> || std::is_same_v<std::decay_t<T>, Inbound>;

/// One parameter: the payload as a value of its type, or what the endpoint passes on.
template <class T>
struct PeerArgument {
    std::decay_t<T> value{};
    bool read(Peer&, Inbound& message) {
        return socketio::read_value(std::move(message.payload), value);
    }
    std::decay_t<T>&& get() { return std::move(value); }
};
template <>
struct PeerArgument<Peer&> {
    Peer* peer = nullptr;
    bool read(Peer& caller, Inbound&) {
        peer = &caller;
        return true;
    }
    Peer& get() { return *peer; }
};
template <>
struct PeerArgument<Inbound const&> {
    Inbound const* message = nullptr;
    bool read(Peer&, Inbound& received) {
        message = &received;
        return true;
    }
    Inbound const& get() { return *message; }
};

template <class F, class Result, class... P>
PeerHandler make_peer_handler(F&& function, socketio::detail::TypeList<P...>) {
    static_assert(std::is_void_v<Result>,
                  "a handler of a raw endpoint answers by Peer::send and returns nothing");
    static_assert((std::size_t{!is_about<P>} + ... + 0) <= 1,
                  "a handler takes, in any order: Peer&, one payload, Inbound const&");
    static_assert(((!std::is_lvalue_reference_v<P> || std::is_same_v<P, Peer&> ||
                    std::is_const_v<std::remove_reference_t<P>>)&&...),
                  "take the payload by value or const reference");
    return [function = std::forward<F>(function)](Peer& peer, Inbound& message) mutable {
        std::tuple<PeerArgument<P>...> arguments;
        return std::apply(
            [&](auto&... argument) {
                if (!(argument.read(peer, message) && ...)) {
                    return false;
                }
                function(argument.get()...);
                return true;
            },
            arguments);
    };
}

}  // namespace detail

/// From a lambda, function or function object that takes, as it needs them: `Peer&`, the payload
/// as any type JSON can be read into (structs with SIO_JSON, Json, …; decoded as for Socket.IO's
/// handlers), and `Inbound const&` for the envelope, whose payload is then no longer whole.
template <class F>
PeerHandler make_peer_handler(F&& function) {
    using Signature = socketio::detail::Signature<std::decay_t<F>>;
    return detail::make_peer_handler<F, typename Signature::Result>(
        std::forward<F>(function), typename Signature::Parameters());
}

/// From a member function; `object` must outlive the endpoint.
template <class M, class C>
PeerHandler make_peer_handler(M method, C* object) {
    return make_peer_handler(socketio::detail::bind_member(method, object));
}

}  // namespace apps::common
