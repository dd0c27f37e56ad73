// What is read out of a request's fields: who the client behind proxies is, whether Engine.IO and
// the WebSocket handshake take the request, and what CORS and compression make of it.

#include "engineio/cors.hpp"
#include "engineio/handshake_check.hpp"
#include "engineio/net/compress.hpp"
#include "engineio/net/http_write.hpp"
#include "engineio/net/stored_request.hpp"
#include "engineio/net/trusted_proxies.hpp"
#include "engineio/net/ws_handshake.hpp"
#include "socketio/json.hpp"
#include "tests/fuzz/targets.hpp"

#include <arpa/inet.h>

#include <array>
#include <regex>
#include <stdexcept>
#include <string>

namespace fuzz {
namespace request_target {

using namespace engineio;
using net::ForwardedHeader;

bool is_address(std::string const& text) {
    std::array<unsigned char, 16> bytes;
    return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
           inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

void check_proxies(ForwardedHeader header, std::string const& value) {
    net::HttpOptions options;
    options.forwarded_header = header;
    bool const standard = header == ForwardedHeader::forwarded;
    net::Headers const fields{{standard ? "forwarded" : "x-forwarded-for", value}};
    // Nobody is believed, or not this peer: the peer it is.
    net::TrustedProxies const nobody(options);
    FUZZ_SAME(nobody.client_address("192.0.2.1", fields), "192.0.2.1");
    options.trust_proxy = {"loopback", "10.0.0.0/8", "unix"};
    net::TrustedProxies const proxies(options);
    FUZZ_SAME(proxies.client_address("192.0.2.1", fields), "192.0.2.1");
    auto const client = proxies.client_address("127.0.0.1", fields);
    FUZZ_CHECK(is_address(client));
    auto const behind_unix = proxies.client_address("", fields);
    FUZZ_CHECK(behind_unix.empty() || behind_unix == client);
    // Whatever the client wrote, what the proxy adds behind it counts.
    std::string const added = standard ? "for=198.51.100.7" : "198.51.100.7";
    FUZZ_SAME(proxies.client_address("127.0.0.1", {{fields[0].name, value + ", " + added}}),
              "198.51.100.7");
}

void check_trust_list(std::string const& entry) {
    net::HttpOptions options;
    options.trust_proxy = {entry};
    try {
        net::TrustedProxies const proxies(options);
        FUZZ_CHECK(!proxies.client_address("192.0.2.1", {}).empty());
    } catch (std::invalid_argument const& error) {
        FUZZ_CHECK(error.what()[0] != '\0');
    }
}

// Lines of fields: "name: value".
net::Request request_of(Input& input) {
    net::Request request;
    request.method = input.until('\n');
    request.target = "/engine.io/?" + std::string(input.until('\n'));
    while (!input.empty()) {
        auto line = input.until('\n');
        auto const name = net::next_piece(line, ':');
        auto const trimmed = net::trim(line);
        if (!net::find_header(request.headers, net::to_lower(name))) {
            request.headers.push_back({net::to_lower(name), std::string(trimmed)});
        }
    }
    return request;
}

void check_engine(net::Request const& request, std::uint8_t flags) {
    Options options;
    KnownSession const session{(flags & 1) != 0 ? TransportName::polling : TransportName::websocket,
                               (flags & 2) != 0 ? 4 : 3};
    bool const upgrade = (flags & 4) != 0;
    auto const query = request.query();
    for (auto const* known : {static_cast<KnownSession const*>(nullptr), &session}) {
        auto const error = check_request(options, request, query, upgrade, known);
        if (!error) {
            FUZZ_CHECK(allows_transport(options, query.get("transport")));
            FUZZ_CHECK(query.get("sid").empty() ? request.method == "GET" : known != nullptr);
            continue;
        }
        FUZZ_CHECK(error->code >= 0 && error->code <= 5 && !error->message.empty());
        auto const answer = error_response(error->code, {}, upgrade);
        FUZZ_CHECK(answer.status == 400 || answer.status == 403);
        // The text of allow_request may come from anywhere.
        auto const named = net::replace_invalid_utf8(request.target);
        auto const refusal = error_response(4, named, false);
        auto const body = socketio::Json::parse(refusal.body);
        FUZZ_CHECK(body && (*body)["message"].string());
        FUZZ_SAME(*(*body)["message"].string(), named);
    }
}

void check_websocket(net::Request const& request, std::uint8_t flags) {
    net::DeflateOptions options;
    options.enabled = (flags & 8) != 0;
    options.server_no_context_takeover = (flags & 16) != 0;
    options.client_max_window_bits = (flags & 32) != 0 ? 10 : 0;
    options.server_max_window_bits = (flags & 64) != 0 ? 9 : 15;
    auto const headers = net::upgrade_headers(request);
    auto const result = net::check_upgrade(headers, options);
    if (!result) {
        FUZZ_CHECK((result.status == 400 || result.status == 405) && !result.error.empty());
        return;
    }
    FUZZ_CHECK(request.method == "GET" && result.accept.size() == 28);
    FUZZ_CHECK(options.enabled || !result.deflate);
    for (auto const& protocol : result.protocols) {
        FUZZ_CHECK(!protocol.empty() && protocol.find_first_of(" ,\r\n") == protocol.npos);
    }
    if (result.deflate) {
        auto const& terms = *result.deflate;
        FUZZ_CHECK(terms.server_max_window_bits >= 8 &&
                   terms.server_max_window_bits <= options.server_max_window_bits);
        FUZZ_CHECK(terms.client_max_window_bits >= 8 && terms.client_max_window_bits <= 15);
        // A client reads our answer by the same grammar.
        auto const answer = net::parse_extensions(terms.answer);
        FUZZ_CHECK(answer && answer->size() == 1 && answer->front().name == "permessage-deflate");
    }
}

// No byte of a request may add a line to an answer.
void check_cors(net::Request const& request, std::uint8_t flags) {
    CorsOptions options;
    options.credentials = (flags & 1) != 0;
    switch (flags / 2 % 4) {
    case 0:
        options.origin = CorsOptions::Reflect{};
        break;
    case 1:
        options.origin = std::regex("^https?://([a-z]+\\.)*example\\.com$");
        break;
    case 2:
        options.origin = std::vector<std::string>{"http://a.example", "http://b.example"};
        break;
    default:
        break;
    }
    net::Response answer;
    auto preflight = apply_cors(Cors(options), request, answer.headers);
    auto const& written = preflight ? *preflight : answer;
    auto const bytes = net::response_bytes(written, false, std::nullopt);
    auto const lines = static_cast<std::size_t>(std::count(bytes.begin(), bytes.end(), '\n'));
    // Status line, fields, date, connection, length, empty line.
    FUZZ_CHECK(lines <= written.headers.size() + 5);
}

void check_stored(net::Request const& request) {
    net::StoredRequest const stored(request);
    auto const again = stored.unpack();
    FUZZ_SAME(again.method + again.target, request.method + request.target);
    FUZZ_CHECK(again.headers.size() == request.headers.size());
    for (std::size_t i = 0; i < again.headers.size(); ++i) {
        FUZZ_SAME(again.headers[i].name, request.headers[i].name);
        FUZZ_SAME(again.headers[i].value, request.headers[i].value);
        auto const& name = request.headers[i].name;
        FUZZ_CHECK(stored.header(name) == *net::find_header(request.headers, name));
    }
}

}  // namespace request_target

void forwarded(Bytes bytes) {
    using namespace request_target;
    std::string const value(Input(bytes).rest());
    check_proxies(ForwardedHeader::x_forwarded_for, value);
    check_proxies(ForwardedHeader::forwarded, value);
    check_trust_list(value);
}

void handshake(Bytes bytes) {
    using namespace request_target;
    Input input(bytes);
    auto const flags = input.byte();
    auto const request = request_of(input);
    check_engine(request, flags);
    check_websocket(request, flags);
    check_cors(request, flags);
    check_stored(request);
    auto const encoding = net::negotiate_encoding(request.header("accept-encoding"));
    FUZZ_CHECK(net::encoding_name(encoding).empty() ==
               (encoding == net::ContentEncoding::identity));
}

}  // namespace fuzz
