#pragma once

#include "engineio/net/http.hpp"
#include "socketio/json.hpp"
#include "socketio/json_codec.hpp"
#include "socketio/writer.hpp"

#include <chrono>
#include <concepts>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

namespace apps::common {

/// A refusal, answered in the system's own form (RestOptions::error_form). Handlers return it or
/// throw it. `code` is for programs ("NOT_FOUND"), `message` for people; neither may hold secrets.
struct RestError : std::runtime_error {
    RestError(int status, std::string code, std::string message, socketio::Json details = {})
        : std::runtime_error(message), status(status), code(std::move(code)),
          message(std::move(message)), details(std::move(details)) {}

    int status;
    std::string code;
    std::string message;
    socketio::Json details;
};

/// A cookie to set. Defaults are express-session's: the whole site, not for scripts, Lax.
struct SetCookie {
    std::string name;
    std::string value;  ///< percent-encoded when written
    std::string path = "/";
    bool http_only = true;
    std::string same_site = "Lax";
    bool secure = false;
    std::optional<std::chrono::seconds> max_age = {};  ///< 0 removes it; none: until the end

    /// The value of the Set-Cookie header.
    std::string header() const;
};

/// The answer of a REST handler: JSON with a status, an empty body, or a RestError.
class Reply {
public:
    /// Any value with a JSON form.
    template <class T>
    requires(!std::derived_from<T, RestError> && !std::same_as<T, Reply>)
        Reply(T const& value, int status = 200)
        : status_(status), body_(text_of(value)) {}
    Reply(RestError error) : status_(error.status), error_(std::move(error)) {}

    static Reply created(socketio::Json const& value) { return {value, 201}; }
    static Reply empty(int status = 204) { return {Empty(), status}; }

    Reply& cookie(SetCookie const& cookie);
    Reply& header(std::string name, std::string value);

    int status() const { return status_; }
    std::optional<RestError> const& error() const { return error_; }
    std::optional<std::string> const& body() const { return body_; }
    engineio::net::Headers& headers() { return headers_; }

private:
    struct Empty {};
    Reply(Empty, int status) : status_(status) {}

    template <class T>
    static std::string text_of(T const& value) {
        std::string text;
        socketio::TextWriter writer(text);
        socketio::write_value(writer, value);
        return text;
    }

    int status_;
    std::optional<std::string> body_;
    std::optional<RestError> error_;
    engineio::net::Headers headers_;
};

}  // namespace apps::common
