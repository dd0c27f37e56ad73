#include "engineio/handshake_check.hpp"

#include "engineio/payload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace engineio {

namespace {

constexpr std::array<std::string_view, 6> messages = {
    "Transport unknown", "Session ID unknown", "Bad handshake method",
    "Bad request",       "Forbidden",          "Unsupported protocol version"};

// TAB, printable ASCII and Latin-1, as Node's check of header characters.
bool valid_origin(std::string_view origin) {
    return std::all_of(origin.begin(), origin.end(), [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    });
}

std::optional<ConnectionError> check_known(net::Query const& query, bool upgrade,
                                           KnownSession const* session) {
    if (!session) {
        return make_error(error_code::session_unknown, {{"sid", std::string(query.get("sid"))}});
    }
    // A session on a WebSocket takes no plain requests, whatever they say. Node would leave one
    // that says "websocket" without an answer for ever.
    if (!upgrade && (session->transport != TransportName::polling ||
                     query.get("transport") != to_string(session->transport))) {
        return make_error(error_code::bad_request,
                          {{"name", "TRANSPORT_MISMATCH"},
                           {"transport", std::string(query.get("transport"))},
                           {"previousTransport", std::string(to_string(session->transport))}});
    }
    if (protocol_of(query) != session->protocol) {
        return make_error(error_code::bad_request,
                          {{"name", "PROTOCOL_MISMATCH"},
                           {"protocol", std::to_string(protocol_of(query))},
                           {"previousProtocol", std::to_string(session->protocol)}});
    }
    return std::nullopt;
}

}  // namespace

int protocol_of(net::Query const& query) {
    return query.get("EIO") == "4" ? 4 : 3;
}

bool allows_transport(Options const& options, std::string_view name) {
    auto const& allowed = options.transports;
    // WebTransport is never reached by HTTP, even if somebody lists it.
    return (name == "polling" || name == "websocket") &&
           std::find(allowed.begin(), allowed.end(), name) != allowed.end();
}

std::optional<ConnectionError> check_request(Options const& options, net::Request const& request,
                                             net::Query const& query, bool upgrade,
                                             KnownSession const* session) {
    auto const transport = query.get("transport");
    if (!allows_transport(options, transport)) {
        return make_error(error_code::transport_unknown, {{"transport", std::string(transport)}});
    }
    auto const origin = request.header("origin");
    if (!valid_origin(origin)) {
        return make_error(error_code::bad_request,
                          {{"name", "INVALID_ORIGIN"}, {"origin", std::string(origin)}});
    }
    if (!query.get("sid").empty()) {
        return check_known(query, upgrade, session);
    }
    if (request.method != "GET") {
        return make_error(error_code::bad_handshake_method, {{"method", request.method}});
    }
    if (transport == "websocket" && !upgrade) {
        return make_error(error_code::bad_request, {{"name", "TRANSPORT_HANDSHAKE_ERROR"}});
    }
    return std::nullopt;
}

ConnectionError make_error(int code, ErrorContext context) {
    return {code, std::string(messages.at(static_cast<std::size_t>(code))), std::move(context)};
}

net::Response error_response(int code, std::string_view message, bool upgrade) {
    if (message.empty()) {
        message = messages.at(static_cast<std::size_t>(code));
    }
    net::Response response;
    if (upgrade) {
        // Also for code 4: an upgrade is refused with 400 and the bare text.
        response.status = 400;
        response.headers = {{"Content-type", "text/html"}};
        response.body = message;
        response.close = true;
        return response;
    }
    response.status = code == error_code::forbidden ? 403 : 400;
    response.headers = {{"Content-Type", "application/json"}};
    response.body = fmt::format(R"({{"code":{},"message":"{}"}})", code, escape_json(message));
    return response;
}

}  // namespace engineio
