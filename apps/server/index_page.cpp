#include "apps/server/index_page.hpp"

#include "socketio/json.hpp"

#include <utility>

namespace apps::server {

namespace net = engineio::net;
using socketio::Json;

IndexPage::IndexPage(common::StaticSite site, std::vector<Link> const& links)
    : site_(std::move(site)) {
    Json::Array systems;
    for (auto const& link : links) {
        systems.push_back(Json::object({{"name", link.name},
                                        {"title", link.title},
                                        {"hint", link.hint},
                                        {"port", static_cast<int>(link.port)}}));
    }
    routes_.add_path("/systems.json", [text = Json(std::move(systems)).dump()](
                                          net::Request const&, net::Responder responder) {
        net::Response response;
        net::set_header(response.headers, "Content-Type", "application/json");
        net::set_header(response.headers, "Cache-Control", "no-store");
        response.body = text;
        responder.respond(std::move(response));
    });
    routes_.set_fallback([this](net::Request const& request, net::Responder responder) {
        responder.respond(site_.answer(request));
    });
}

void IndexPage::on_request(net::Request request, net::Responder responder) {
    routes_.on_request(std::move(request), std::move(responder));
}

}  // namespace apps::server
