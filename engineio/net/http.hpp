#pragma once

#include "engineio/net/shared_bytes.hpp"
#include "engineio/net/text.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace engineio::net {

class HttpConnection;
class WsConnection;
class WsHandler;
struct WsOptions;

/// One header field. Names of received fields are lower-case.
struct Header {
    /// Name and value, without blanks around.
    std::string name;
    std::string value;
};
/// In the order of the message.
using Headers = std::vector<Header>;

/// The value of the first field with this (lower-case) name, or nullptr.
std::string const* find_header(Headers const& headers, std::string_view lower_case_name);
/// Replaces the field or appends it; names compare case-insensitively.
void set_header(Headers& headers, std::string_view name, std::string value);

/// The decoded parameters of a request target, WHATWG rules.
Query query_of_target(std::string_view target);

/// The head of one HTTP request: plain data, may move between threads.
struct Request {
    std::string method;          ///< as received, "GET"
    std::string target;          ///< undecoded request target, "/socket.io/?EIO=4"
    Headers headers;             ///< names lower-case; duplicates joined with ", " as Node does
    std::string remote_address;  ///< peer's address without port
    int http_minor = 1;          ///< HTTP/1.x: the x
    bool secure = false;         ///< came over TLS, to us or to a proxy that is trusted
    bool upgrade = false;        ///< has "Connection: upgrade" and an Upgrade that is not empty

    std::string_view path() const&;  ///< target up to '?'
    Query query() const;             ///< decoded parameters, WHATWG rules
    std::string_view header(std::string_view lower_case_name) const&;  ///< "" if absent
    /// The same of a temporary, as Socket::request() gives: no view would outlive it.
    std::string path() const&& { return std::string(path()); }
    std::string header(std::string_view lower_case_name) const&& {
        return std::string(header(lower_case_name));
    }
};

/// An answer: status, fields and body.
struct Response {
    /// Status code, 100 to 599; header fields, and the body, empty for none.
    int status = 200;
    Headers headers;  ///< Content-Length, Date, Connection and Keep-Alive are added when written
    /// Sent as it is; compression is for whoever fills it.
    std::string body;
    bool close = false;  ///< close the connection after this answer
    /// Instead of `body`, if set: what many answers carry, such as a file. It is not copied.
    SharedBytes shared_body = {};

    /// Whichever of the two bodies it has.
    std::string_view content() const {
        return shared_body ? shared_body.view() : std::string_view(body);
    }
};

/// Follows answers on their way out: tells how much of them the kernel has not taken yet. Kept by
/// who must know, and used on the answers' shard; an answer does not need it to go on.
class AnswerWatch {
public:
    /// `on_written` is called with `self` when everything was written, but not when the connection
    /// closes before, or after, its answer.
    AnswerWatch(void (*on_written)(void* self), void* self)
        : on_written_(on_written), self_(self) {}
    ~AnswerWatch();
    AnswerWatch(AnswerWatch const&) = delete;
    AnswerWatch& operator=(AnswerWatch const&) = delete;

    /// Of the last answers that went to one connection; zero when that has gone.
    std::size_t unwritten() const;
    /// Writes what the kernel takes, without waiting for the end of the turn.
    void flush();
    /// Cuts the connection if something is unwritten.
    void drop();

private:
    friend class HttpConnection;
    void (*on_written_)(void* self);
    void* self_;
    HttpConnection* connection_ = nullptr;
    std::size_t bytes_ = 0;
};

/// How reading a body ended.
enum class BodyResult : std::uint8_t { complete, too_large };

/// The right, and duty, to answer one request: move-only, used on its connection's shard only.
/// All calls are no-ops once the peer has gone or an answer was given; dropping an unanswered
/// Responder cuts the connection.
class Responder {
public:
    Responder() = default;
    /// @private Made by the library.
    explicit Responder(HttpConnection& connection);
    ~Responder();
    Responder(Responder&& other) noexcept;
    Responder& operator=(Responder&& other) noexcept;

    /// True until answered, handed over, cut, or gone.
    explicit operator bool() const { return connection_ != nullptr; }

    /// Reads the request's body, then calls `done` once with at most `max_bytes`; too_large comes
    /// as soon as one byte more is announced or received. Not called if the peer goes away first.
    void read_body(std::size_t max_bytes, std::function<void(BodyResult, std::string)> done);

    /// Called once if the peer goes away before the answer.
    void on_abort(std::function<void()> callback);

    /// The answer, written when the turn closes; `watch` follows it, instead of answers it has
    /// given to other connections.
    void respond(Response response, AnswerWatch* watch = nullptr);

    /// Cuts the TCP connection without an answer.
    void drop();

    /// Answers an upgrade request with "101 Switching Protocols" (RFC 6455 4.2.2) and gives the
    /// connection to `handler`. The caller has checked the handshake (ws_handshake.hpp).
    /// `headers` are appended after the standard ones. Returns the connection, owned by the shard
    /// and valid until handler->on_close().
    WsConnection* accept_websocket(std::unique_ptr<WsHandler> handler, WsOptions const& options,
                                   Headers headers);

    /// Moves the TCP connection, this request and all unread bytes to another shard, whose handler
    /// sees the request as new. Only before read_body().
    void hand_over(unsigned shard_index);

private:
    friend class HttpConnection;
    HttpConnection* connection_ = nullptr;
};

/// Where requests of one shard go (a router, an engine, an application); called on that shard.
class HttpHandler {
public:
    virtual ~HttpHandler() = default;
    /// The head is complete; the body is not read unless asked for.
    virtual void on_request(Request request, Responder responder) = 0;
};

}  // namespace engineio::net
