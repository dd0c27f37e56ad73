#include "engineio/net/http_connection.hpp"

#include "engineio/net/http_write.hpp"
#include "engineio/net/result.hpp"
#include "engineio/net/sizes.hpp"
#include "engineio/net/websocket.hpp"
#include "engineio/net/ws_handshake.hpp"

#include <utility>

namespace engineio::net {

namespace {

// So much of a body nobody wanted is read and discarded to keep the connection alive.
constexpr std::uint64_t max_drain_bytes = 1024 * 1024;
// An idle connection keeps no more than this.
constexpr std::size_t kept_input_bytes = 4096;

}  // namespace

HttpConnection::HttpConnection(Connection& connection, Site const& site)
    : connection_(connection), site_(site),
      timer_([](void* self) { static_cast<HttpConnection*>(self)->time_out(); }, this) {}

HttpConnection::~HttpConnection() {
    // Callbacks may own the Responder; it must not reach back while they are destroyed.
    detach();
    unwatch();
    leave_half_open();
}

// --- input -------------------------------------------------------------------------------------

void HttpConnection::on_open() {
    arm(connection_.shard().now(), site_.http.headers_timeout);
}

void HttpConnection::on_bytes(std::span<char> bytes) {
    if (state_ == State::ended) {
        return;
    }
    if (state_ == State::head && input_.empty() && !blank_lines_) {
        started_ = connection_.shard().now();
        arm(started_, site_.http.headers_timeout);
    }
    input_.append(bytes.data(), bytes.size());
    advance();
}

void HttpConnection::on_drain() {
    if (auto* const watch = watch_) {
        unwatch();
        watch->on_written_(watch->self_);
    }
    advance();
}

void HttpConnection::on_end(std::string_view) {
    abandon();
    connection_.close();
}

void HttpConnection::advance() {
    // An answer given inside a callback is picked up by the loop that called it.
    if (advancing_) {
        return;
    }
    advancing_ = true;
    while (step()) {
    }
    advancing_ = false;
    set_backpressure();
}

void HttpConnection::advance_soon() {
    if (!advancing_ && !advance_scheduled_) {
        advance_scheduled_ = true;
        // Runs before anything retired later, so `this` is alive.
        connection_.shard().defer([this] {
            advance_scheduled_ = false;
            advance();
        });
    }
}

bool HttpConnection::step() {
    switch (state_) {
    case State::head:
        // A peer that pipelines requests but reads no answers waits.
        return connection_.buffered_bytes() <= site_.http.high_water_bytes && read_head();
    case State::body:
    case State::draining:
        return read_some_body();
    case State::answering:
    case State::ended:
        return false;
    }
    return false;
}

// Empty lines before a request are tolerated (RFC 9112 section 2.2), but gain no time. All at once:
// a read may bring thousands.
void HttpConnection::skip_blank_lines() {
    if (scanned_ != 0) {
        return;
    }
    std::size_t end = 0;
    while (std::string_view(input_).substr(end).starts_with("\r\n")) {
        end += 2;
    }
    blank_lines_ |= end != 0;
    input_.erase(0, end);
}

bool HttpConnection::read_head() {
    skip_blank_lines();
    if (input_.empty() || input_ == "\r") {
        return false;
    }
    auto const scan = scan_head(input_, scanned_);
    if (scanned_ > site_.http.max_header_size) {
        connection_.shard().limit_hit("max_header_size", connection_.remote_address());
        refuse("431 Request Header Fields Too Large");
    } else if (scan == HeadScan::malformed) {
        refuse("400 Bad Request");
    } else if (scan == HeadScan::complete) {
        dispatch_request();
        return true;
    }
    return false;
}

void HttpConnection::dispatch_request() {
    leave_half_open();
    auto& shard = connection_.shard();
    parser_ =
        std::make_unique<RequestParser>(site_.http.max_header_size, site_.http.max_headers_count);
    Request request;
    if (!parser_->parse_head(std::string_view(input_).substr(0, scanned_), request)) {
        refuse("400 Bad Request");
        return;
    }
    request.remote_address =
        site_.proxies.client_address(connection_.remote_address(), request.headers);
    request.secure = connection_.secure() ||
                     site_.proxies.client_secure(connection_.remote_address(), request.headers);
    head_only_ = request.method == "HEAD";
    body_finished_ = too_large_ = body_broken_ = false;
    state_ = State::answering;
    if (parser_->complete()) {
        timer_.cancel();  // a long poll may wait for ever
    } else {
        arm(started_, site_.http.request_timeout);
    }
    bool too_many = false;
    if (parser_->fields_dropped()) {
        shard.limit_hit("max_headers_count", connection_.remote_address());
        // What our proxy says of its client comes last, so that may be what was dropped, and an
        // address the client has made up was not.
        too_many = site_.proxies.believes(connection_.remote_address());
    }
    bool const misdirected = !site_.hosts.admits(request.header("host"));
    if (misdirected) {
        shard.limit_hit("allowed_hosts", connection_.remote_address());
    }
    ++shard.metrics().http_requests;
    if (too_many || misdirected || parser_->expects_unknown()) {
        int const status = too_many ? 431 : misdirected ? 421 : 417;
        std::string body = misdirected ? "Not for this Host: allowed_hosts does not name it\n" : "";
        return Responder(*this).respond({.status = status, .headers = {}, .body = std::move(body)});
    }
    site_.handlers[shard.index()]->on_request(std::move(request), Responder(*this));
}

bool HttpConnection::read_some_body() {
    if (too_large_ && state_ == State::body) {
        body_done(BodyResult::too_large);
        return true;
    }
    std::size_t consumed = 0;
    auto result = RequestParser::Body::complete;
    if (!parser_->complete()) {
        result = parser_->feed(input_, consumed);
        input_.erase(0, consumed);
    }
    bool const draining = state_ == State::draining;
    switch (result) {
    case RequestParser::Body::more:
        return false;
    case RequestParser::Body::complete:
        timer_.cancel();
        draining ? next_request() : body_done(BodyResult::complete);
        return true;
    case RequestParser::Body::too_large:
        body_broken_ = true;
        draining ? end() : body_done(BodyResult::too_large);
        return true;
    case RequestParser::Body::too_much_around:
        connection_.shard().limit_hit("max_header_size", connection_.remote_address());
        draining ? end() : refuse("413 Payload Too Large");
        return false;
    case RequestParser::Body::malformed:
        draining ? end() : refuse("400 Bad Request");
        return false;
    }
    return false;
}

void HttpConnection::body_done(BodyResult result) {
    state_ = State::answering;
    body_finished_ = true;
    auto const callback = std::exchange(body_callback_, nullptr);
    callback(result, result == BodyResult::complete ? std::exchange(body_, {}) : std::string());
    body_.clear();
}

void HttpConnection::next_request() {
    parser_.reset();
    served_ = true;
    blank_lines_ = false;
    scanned_ = 0;
    state_ = State::head;
    started_ = connection_.shard().now();
    if (!input_.empty()) {
        arm(started_, site_.http.headers_timeout);
        return;
    }
    arm(started_, site_.http.keep_alive_timeout);
    if (input_.capacity() > kept_input_bytes) {
        input_.shrink_to_fit();
    }
}

void HttpConnection::set_backpressure() {
    bool const idle = state_ == State::answering || state_ == State::head;
    // A head and the bytes after it; more input waits in the kernel.
    auto const most = saturated_sum(site_.http.max_header_size, site_.http.max_pipelined_bytes);
    if (idle && input_.size() > most) {
        connection_.pause_reading();
    } else if (state_ != State::ended) {
        connection_.resume_reading();
    }
}

// --- Responder ---------------------------------------------------------------------------------

void HttpConnection::read_body(std::size_t max_bytes,
                               std::function<void(BodyResult, std::string)> done) {
    SIO_ASSERT(state_ == State::answering && !body_finished_);
    body_callback_ = std::move(done);
    drop_head();
    state_ = State::body;
    auto const announced = parser_->remaining();
    too_large_ = announced && *announced > max_bytes;
    if (!too_large_) {
        parser_->collect(&body_, max_bytes);
        if (parser_->expects_continue() && input_.empty()) {
            connection_.send(std::string("HTTP/1.1 100 Continue\r\n\r\n"));
        }
    }
    advance_soon();
}

bool HttpConnection::must_close(Response const& response) const {
    if (response.close || !parser_->keep_alive() || body_broken_) {
        return true;
    }
    if (parser_->complete()) {
        return false;
    }
    // An unread body: skip it if that is cheap and certain to come.
    auto const left = parser_->remaining();
    bool const withheld = parser_->expects_continue() && input_.size() == scanned_;
    return withheld || (left && *left > max_drain_bytes);
}

void HttpConnection::respond(Response response, AnswerWatch* watch) {
    detach();
    // Destroyed when this returns: they may own what is using us.
    auto const abort = std::exchange(abort_, nullptr);
    auto const unused = std::exchange(body_callback_, nullptr);
    bool const close = must_close(response);
    auto bytes = response_bytes(
        response, head_only_, close ? std::nullopt : std::optional(site_.http.keep_alive_timeout));
    auto body = shared_bytes(response, head_only_);
    if (watch) {
        this->watch(*watch, bytes.size() + body.size());
    }
    connection_.send(std::move(bytes), std::move(body));
    if (close) {
        end();
        return;
    }
    drop_head();
    body_.clear();
    parser_->collect(nullptr, max_drain_bytes);
    state_ = State::draining;
    advance_soon();
}

void HttpConnection::drop() {
    detach();
    // Destroyed when this returns. The flush below may fail, which must not be told to an owner
    // that is dropping us, perhaps from its destructor.
    auto const abort = std::exchange(abort_, nullptr);
    auto const unused = std::exchange(body_callback_, nullptr);
    state_ = State::ended;
    timer_.cancel();
    connection_.flush();  // answers of earlier requests
    connection_.shut();
}

WsConnection* HttpConnection::accept_websocket(std::unique_ptr<WsHandler> handler,
                                               WsOptions const& options, Headers const& headers) {
    SIO_ASSERT(state_ == State::answering);
    detach();
    state_ = State::ended;
    timer_.cancel();
    auto const extensions = options.deflate ? options.deflate->answer : std::string();
    connection_.send(
        switching_head(accept_key(options.key), options.subprotocol, extensions, headers));
    auto owned = std::make_unique<WebSocket>(connection_, std::move(handler), options);
    auto* socket = owned.get();
    connection_.replace_handler(std::move(owned), input_.substr(scanned_));
    socket->open();
    return socket;
}

// --- the end -----------------------------------------------------------------------------------

void HttpConnection::detach() {
    if (auto* responder = std::exchange(responder_, nullptr)) {
        responder->connection_ = nullptr;
    }
}

void HttpConnection::abandon() {
    detach();
    leave_half_open();
    state_ = State::ended;
    timer_.cancel();
    auto const unused = std::exchange(body_callback_, nullptr);
    if (auto const abort = std::exchange(abort_, nullptr)) {
        abort();
    }
}

void HttpConnection::end() {
    leave_half_open();
    state_ = State::ended;
    timer_.cancel();
    connection_.close();
}

void HttpConnection::refuse(std::string_view status) {
    ++connection_.shard().metrics().protocol_errors;
    connection_.send(
        std::string("HTTP/1.1 ").append(status).append("\r\nConnection: close\r\n\r\n"));
    abandon();
    connection_.close();
}

void HttpConnection::drop_head() {
    input_.erase(0, scanned_);
    scanned_ = 0;
}

}  // namespace engineio::net
