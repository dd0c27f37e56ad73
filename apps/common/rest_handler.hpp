#pragma once

// Turns any callable into a REST handler; rest.hpp says what parameters and results mean.

#include "apps/common/reply.hpp"
#include "engineio/net/http.hpp"
#include "socketio/handler.hpp"

#include <charconv>
#include <concepts>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace apps::common {

class Rest;

/// One request as handlers see it; lives until it is answered.
struct RestCall {
    engineio::net::Request request;
    engineio::net::Query query;
    std::vector<std::string> path;  ///< decoded values of the route's ":names"
    /// If there was one and it was JSON, until the handler's argument is made of it.
    std::optional<socketio::Json> body;

    std::optional<std::string> cookie(std::string_view name) const;
    /// The token of "Authorization: Bearer …", "" if there is none.
    std::string_view bearer() const;
};

/// A request with the right to answer it; kept alive by its handler's coroutine. On its shard only.
class RestExchange {
public:
    RestExchange(Rest const& rest, engineio::net::Request request);
    virtual ~RestExchange() = default;
    RestExchange(RestExchange const&) = delete;
    RestExchange& operator=(RestExchange const&) = delete;

    void answer(Reply reply);
    /// RestError as it is, Unavailable as 503; anything else is logged (seldom) and a 500.
    void fail(std::exception_ptr error);

    RestCall call;
    engineio::net::Headers cors;  ///< added to the answer

private:
    virtual void send(engineio::net::Response response) = 0;
    void tell_failed(std::string_view error) const;

    Rest const& rest_;
};
using RestExchangePtr = std::shared_ptr<RestExchange>;

/// False: the arguments do not fit, nothing was called.
struct RestHandler {
    std::function<bool(RestExchangePtr const&)> function;
    std::size_t parameters = 0;  ///< without RestCall&
};

namespace detail {

// Text of a path or a query as the type the handler wants.
template <class T>
bool read_text(std::string_view text, T& out) {
    if constexpr (std::same_as<T, std::string>) {
        out = text;
        return true;
    } else if constexpr (std::same_as<T, bool>) {
        out = text == "true" || text == "1";
        return out || text == "false" || text == "0";
    } else if constexpr (std::integral<T> || std::floating_point<T>) {
        auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
        return error == std::errc() && end == text.data() + text.size();
    } else if constexpr (socketio::codec::is_optional<T>) {
        return read_text(text, out.emplace());
    } else if constexpr (std::same_as<T, socketio::Json>) {
        out = socketio::Json(text);
        return true;
    } else {
        return false;
    }
}

template <class T>
bool read_query(engineio::net::Query const& query, T& out) {
    if constexpr (socketio::Described<T>) {
        static constexpr auto names = socketio::member_names<T>();
        return std::apply(
            [&](auto&... members) {
                auto name = names.begin();
                auto const read = [&](std::string_view key, auto& member) {
                    using Member = std::remove_cvref_t<decltype(member)>;
                    return query.has(key) ? read_text(query.get(key), member)
                                          : socketio::codec::is_optional<Member>;
                };
                return (read(*name++, members) && ...);
            },
            out.sio_json_members());
    } else {
        static_assert(std::same_as<T, socketio::Json>,
                      "a query is read into a struct with SIO_JSON or into Json");
        out = socketio::Json::object();
        for (auto const& [key, value] : query.pairs()) {
            out.set(key, value);
        }
        return true;
    }
}

inline bool has_body(std::string_view method) {
    return method == "POST" || method == "PUT" || method == "PATCH";
}

template <class T>
bool read_input(RestCall& call, T& out) {
    if (has_body(call.request.method)) {
        if constexpr (std::same_as<T, socketio::Json>) {
            if (call.body) {
                out = *std::exchange(call.body, std::nullopt);
                return true;
            }
        } else if (call.body) {
            return socketio::read_value(std::as_const(*call.body), out);
        }
        return socketio::detail::may_be_missing<T>;
    }
    if constexpr (socketio::codec::is_optional<T>) {
        return read_query(call.query, out.emplace());
    } else {
        return read_query(call.query, out);
    }
}

// Parameter number `index`; what the path does not fill is the input.
template <class T>
bool read_rest_parameter(RestCall& call, std::size_t index, T& out) {
    if constexpr (std::same_as<T, std::string> || std::integral<T>) {
        return index < call.path.size() && read_text(call.path[index], out);
    } else {
        return read_input(call, out);
    }
}

template <class R>
socketio::Task<void> answer_later(RestExchangePtr exchange, socketio::Task<R> task) {
    try {
        if constexpr (std::is_void_v<R>) {
            co_await std::move(task);
            exchange->answer(Reply::empty());
        } else {
            exchange->answer(Reply(co_await std::move(task)));
        }
    } catch (...) {
        exchange->fail(std::current_exception());
    }
}

template <class List>
struct LeadingCall {
    static constexpr bool has_call = false;
    using Rest = List;
};
template <class... P>
struct LeadingCall<socketio::detail::TypeList<RestCall&, P...>> {
    static constexpr bool has_call = true;
    using Rest = socketio::detail::TypeList<P...>;
};
template <class... P>
struct LeadingCall<socketio::detail::TypeList<RestCall const&, P...>>
    : LeadingCall<socketio::detail::TypeList<RestCall&, P...>> {};

template <class F, bool with_call, class... P>
class TypedRestHandler {
    using Result = typename socketio::detail::Signature<F>::Result;
    using Awaited = socketio::detail::TaskResult<Result>;
    static_assert(!(Awaited::is_task && (std::is_reference_v<P> || ...)),
                  "a coroutine handler must take its arguments by value (except RestCall&)");

public:
    explicit TypedRestHandler(F function) : function_(std::move(function)) {}

    bool operator()(RestExchangePtr const& exchange) {
        return decode_and_call(exchange, std::index_sequence_for<P...>());
    }

private:
    template <std::size_t... I>
    bool decode_and_call(RestExchangePtr const& exchange, std::index_sequence<I...>) {
        [[maybe_unused]] auto& call = exchange->call;
        std::tuple<std::decay_t<P>...> values;
        if (!(read_rest_parameter(call, I, std::get<I>(values)) && ...)) {
            return false;
        }
        // A coroutine may wait for long, and a tree is many times its text.
        call.body.reset();
        if constexpr (Awaited::is_task) {
            socketio::spawn(answer_later(exchange, invoke(call, std::get<I>(values)...)));
        } else if constexpr (std::is_void_v<Result>) {
            invoke(call, std::get<I>(values)...);
            exchange->answer(Reply::empty());
        } else {
            exchange->answer(Reply(invoke(call, std::get<I>(values)...)));
        }
        return true;
    }

    template <class... V>
    Result invoke(RestCall& call, V&... values) {
        if constexpr (with_call) {
            return std::invoke(function_, call, std::move(values)...);
        } else {
            return std::invoke(function_, std::move(values)...);
        }
    }

    F function_;
};

template <class F, bool with_call, class... P>
RestHandler make_typed_rest(F function, socketio::detail::TypeList<P...>) {
    return {TypedRestHandler<F, with_call, P...>(std::move(function)), sizeof...(P)};
}

}  // namespace detail

template <class F>
RestHandler make_rest_handler(F function) {
    using Parameters = typename socketio::detail::Signature<F>::Parameters;
    using Split = detail::LeadingCall<Parameters>;
    return detail::make_typed_rest<F, Split::has_call>(std::move(function), typename Split::Rest());
}

/// From a member function; `object` must outlive the server.
template <class M, class C>
RestHandler make_rest_handler(M method, C* object) {
    return make_rest_handler(socketio::detail::bind_member(method, object));
}

}  // namespace apps::common
