#pragma once

#include "engineio/net/admission.hpp"
#include "engineio/net/allowed_hosts.hpp"
#include "engineio/net/connection.hpp"
#include "engineio/net/http.hpp"
#include "engineio/net/http_parse.hpp"
#include "engineio/net/timer_wheel.hpp"
#include "engineio/net/tls_context.hpp"
#include "engineio/net/trusted_proxies.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace engineio::net {

class HttpConnection;

// The connections of a listener on one shard that have not sent a whole request head yet, the
// oldest first. Used on that shard only.
using HalfOpen = std::list<HttpConnection*>;

// What a listener's connections need to know of their program, per shard index. Immutable but for
// its counts; owned by HttpServer and outlives every connection.
struct Site {
    std::vector<IoShard*> shards;
    std::vector<HttpHandler*> handlers;
    HttpOptions http;
    TrustedProxies proxies;
    AllowedHosts hosts;
    std::unique_ptr<TlsContext> tls;       // null: plain TCP
    std::shared_ptr<Admission> admission;  // null: connections are not counted
    std::vector<std::unique_ptr<HalfOpen>> half_open;
};

// Makes a connection of this shard, in one of its turns; drops it if the shard is stopping.
void adopt(IoShard& shard, Site const& site, Handoff handoff);

// HTTP/1.1 on one connection: one request at a time, strictly in order (RFC 9112 section 9.3.2).
// The bytes of a request stay as they came until its body is read or it is answered, so that it
// can be handed over to another shard. Owned by its Connection.
class HttpConnection final : public ConnectionHandler {
public:
    HttpConnection(Connection& connection, Site const& site);
    ~HttpConnection() override;

    // Of a connection that is new, not handed over: it counts as half-open until a head has come.
    void await_first_head();
    // Descriptors are out: cuts the oldest of those, if they have had the time for their head.
    // Returns whether there were such.
    static bool make_room(HalfOpen& waiting, Clock::time_point now);

    void on_open() override;
    void on_bytes(std::span<char> bytes) override;
    void on_drain() override;
    void on_end(std::string_view error) override;
    bool owes_answer() const override {
        return state_ == State::answering || state_ == State::body;
    }

    // --- for Responder, whose present address attach() tells ------------------------------------

    void attach(Responder& responder) { responder_ = &responder; }
    void read_body(std::size_t max_bytes, std::function<void(BodyResult, std::string)> done);
    void on_abort(std::function<void()> callback) { abort_ = std::move(callback); }
    void respond(Response response, AnswerWatch* watch);
    void drop();
    WsConnection* accept_websocket(std::unique_ptr<WsHandler> handler, WsOptions const& options,
                                   Headers const& headers);
    void hand_over(unsigned shard_index);

    // --- for AnswerWatch ------------------------------------------------------------------------

    std::size_t unwritten(AnswerWatch const& watch) const;
    void flush() { connection_.flush(); }
    void cut() { connection_.cut(); }
    void unwatch();

private:
    // head: waiting for or parsing a head; answering: the handler owes an answer, the body is not
    // wanted yet; body: it is being collected; draining: answered, the rest of the body is skipped;
    // ended: this object does nothing any more.
    enum class State : std::uint8_t { head, answering, body, draining, ended };

    void advance();
    void advance_soon();
    bool step();
    void skip_blank_lines();
    bool read_head();
    void dispatch_request();
    bool read_some_body();
    void body_done(BodyResult result);
    void next_request();
    bool must_close(Response const& response) const;
    void refuse(std::string_view status_line);
    void abandon();
    void detach();
    void watch(AnswerWatch& watch, std::size_t bytes);
    void end();
    void set_backpressure();
    void time_out();
    void leave_half_open();
    HalfOpen& half_open();
    void arm(Clock::time_point from, std::chrono::milliseconds patience);
    void drop_head();

    Connection& connection_;
    Site const& site_;
    Responder* responder_ = nullptr;
    AnswerWatch* watch_ = nullptr;  // while something is unwritten
    std::unique_ptr<RequestParser> parser_;
    std::string input_;        // unhandled bytes; begins with the current request
    std::size_t scanned_ = 0;  // length of the head so far, see scan_head()
    std::string body_;
    std::function<void(BodyResult, std::string)> body_callback_;
    std::function<void()> abort_;
    Timer timer_;
    std::optional<HalfOpen::iterator> half_open_place_;
    Clock::time_point started_{};  // accept, or first byte of the current request
    State state_ = State::head;
    bool advancing_ = false;
    bool advance_scheduled_ = false;
    bool head_only_ = false;      // method HEAD
    bool served_ = false;         // an earlier request was answered
    bool blank_lines_ = false;    // empty lines have come instead of the next one
    bool body_finished_ = false;  // done() was called for this request's body
    bool too_large_ = false;      // announced; reported when the body would be read
    bool body_broken_ = false;    // its end is not known any more: the connection must close
};

}  // namespace engineio::net
