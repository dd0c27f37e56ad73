#include "apps/server/metrics_page.hpp"

#include "engineio/net/metrics.hpp"

#include <memory>
#include <utility>

namespace apps::server {

namespace net = engineio::net;

void MetricsPage::on_request(net::Request request, net::Responder responder) {
    if (request.path() != "/metrics") {
        responder.respond({.status = 404, .headers = {}, .body = "There is only /metrics.\n"});
        return;
    }
    // The sum comes back to this shard, whose the responder is.
    auto waiting = std::make_shared<net::Responder>(std::move(responder));
    runtime_.gather_metrics([waiting](net::Metrics const& sum) {
        if (*waiting) {
            net::Response response;
            net::set_header(response.headers, "Content-Type",
                            "text/plain; version=0.0.4; charset=utf-8");
            response.body = net::prometheus_text(sum);
            waiting->respond(std::move(response));
        }
    });
}

}  // namespace apps::server
