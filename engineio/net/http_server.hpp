#pragma once

#include "engineio/net/endpoint.hpp"
#include "engineio/net/http.hpp"
#include "engineio/net/http_options.hpp"
#include "engineio/net/result.hpp"
#include "engineio/net/shard.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace engineio::net {

/// All shards of a process with their threads, and the listeners whose connections live on them.
/// Hides Asio completely. Owned by the program (socketio::Server). What does not say "any thread"
/// is called before run(), or start(), by the thread that sets up.
class HttpServer {
public:
    /// Makes `threads` shards (0: one per hardware thread); no thread runs yet.
    explicit HttpServer(unsigned threads);
    ~HttpServer();  ///< stop() and join()
    HttpServer(HttpServer const&) = delete;
    HttpServer& operator=(HttpServer const&) = delete;

    /// Any thread: the shards, of index 0 up to the count, exclusive.
    unsigned shard_count() const;
    Shard& shard(unsigned index);

    /// Binds and listens; connections are spread over the shards round robin, and their requests go
    /// to `handlers(shard index)`. Any thread, before and after start(), any number of times.
    /// Returns the port (0: a Unix socket). Throws std::system_error naming the address,
    /// std::runtime_error naming the certificate file that can't be used, or
    /// std::invalid_argument naming the option.
    std::uint16_t listen(Endpoint const& endpoint, HttpOptions const& options,
                         std::function<HttpHandler&(unsigned shard_index)> handlers);

    /// Any thread. Reads the certificate files of all listeners again: new connections get what
    /// they hold now, open ones stay as they are. If one file can't be used, all keep what they
    /// have, and the error names it.
    Result<void, std::string> reload_certificates();

    /// Any thread. Adds up the counters of all shards, asked one after the other, and calls `done`
    /// with the sum: on the shard that asked, if it was one, else on any. Never if the server stops
    /// meanwhile.
    void gather_metrics(std::function<void(Metrics const&)> done);

    /// Starts the threads: all but shard 0's, which runs in run().
    void start();
    /// Runs shard 0 on the calling thread until stop(). Calls start() first if needed.
    void run();
    /// SIGINT and SIGTERM call `callback` on shard 0, every time, instead of killing the process,
    /// until run() has returned.
    void on_termination(std::function<void()> callback);
    /// SIGHUP calls `callback` on shard 0, every time: what operators send after a new certificate.
    void on_hangup(std::function<void()> callback);
    /// `callback` runs on each shard's thread when that ends, its connections gone. Before start().
    void on_shard_end(void (*callback)());
    /// Any thread, also a handler: stops accepting.
    void stop_listening();
    /// Any thread, once: the last part of a drain (drain.hpp). Stops accepting, then calls `then`
    /// on shard 0 when no connection owes an answer to a request or has output that its peer goes
    /// on reading, with pauses of at most `patience`; at `until` at the latest.
    void wind_down(Clock::time_point until, std::chrono::milliseconds patience,
                   std::function<void()> then);
    /// Any thread, also a handler: makes run() return and the threads end once their current turn
    /// and final flush are over; open connections are cut.
    void stop();
    /// Waits for the threads started by start(); run() does so by itself. Not on a shard's thread,
    /// and not while another thread is in run().
    void join();

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace engineio::net
