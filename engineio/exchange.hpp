#pragma once

#include "engineio/net/admission.hpp"
#include "engineio/net/http.hpp"
#include "engineio/net/shard.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <string>

namespace engineio {

// One request on its way through the checks.
struct Exchange {
    net::Request request;
    net::Query query;
    net::Responder responder;
    net::Headers headers;  // for whatever the answer is: CORS, middlewares, cookie
    bool upgrade = false;
    std::string sid;                             // of the session it opens, once that is known
    std::shared_ptr<net::Admission::Seat> seat;  // and its seat, if they are limited
};

// An exchange that waits for a word of the application, which may come late, on another thread,
// twice, never, or when the server has gone. Owned by the application's callback; its responder
// nevertheless dies on its shard.
class Suspended : public std::enable_shared_from_this<Suspended> {
public:
    // `engine` expires before the shard does and, while it is held, keeps the shard alive.
    static std::shared_ptr<Suspended> make(net::Shard& shard, std::weak_ptr<void> engine,
                                           Exchange exchange);

    // On the shard, before resume().
    Exchange& exchange() { return exchange_; }

    // Any thread; only the first call counts. `go` gets the exchange on the shard in a later phase,
    // since the application still holds what it was asked about; not at all if the peer has gone.
    void resume(std::function<void(Exchange)> go);

private:
    Suspended(net::Shard& shard, std::weak_ptr<void> engine, Exchange exchange);
    static void destroy(Suspended* suspended);

    net::Shard& shard_;
    std::weak_ptr<void> engine_;
    Exchange exchange_;
    std::atomic<bool> resumed_ = false;
};

}  // namespace engineio
