#pragma once

#include "engineio/net/http.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace apps::common {

/// Where a call goes.
struct HttpTarget {
    bool secure = false;
    std::string host;
    std::string port;
    std::string path = "/";  ///< with the query
};

/// From "http://host:port/path" or "https://…"; nothing if it is no such URL. Names and passwords
/// in a URL are refused: secrets have settings of their own.
std::optional<HttpTarget> parse_http_url(std::string_view url);

struct HttpCall {
    HttpTarget target;
    engineio::net::Headers headers;
    std::string body;                           ///< sent by POST
    std::chrono::milliseconds timeout{30'000};  ///< for everything together
    std::size_t max_body_bytes = 1024 * 1024;   ///< of the answer
};

/// How a call ended.
enum class HttpEnd : std::uint8_t {
    complete,
    unreachable,  ///< no address, no connection, no trusted certificate, or it broke
    timeout,
    too_large,
    invalid,  ///< what came is not HTTP
    busy,     ///< HttpClient::max_calls are under way
};

/// Hears of one call, on the client's thread. Destroyed after on_end, or without it when the client
/// stops.
class HttpListener {
public:
    virtual ~HttpListener() = default;
    virtual void on_head(int status, std::string_view content_type) = 0;
    /// A piece of the body as it came.
    virtual void on_body(std::string_view piece) = 0;
    virtual void on_end(HttpEnd end) = 0;
};

/// Calls to other servers, on a thread of its own: no shard waits for somebody else's network.
/// Certificates are checked against the system's authorities (or SSL_CERT_FILE). Owned by who
/// calls; its end drops what is under way.
class HttpClient {
public:
    static constexpr std::size_t max_calls = 64;

    HttpClient();
    ~HttpClient();
    HttpClient(HttpClient const&) = delete;
    HttpClient& operator=(HttpClient const&) = delete;

    /// Any thread.
    void post(HttpCall call, std::unique_ptr<HttpListener> listener);

private:
    struct Loop;
    std::unique_ptr<Loop> loop_;
};

}  // namespace apps::common
