#pragma once

#include "apps/common/static_site.hpp"
#include "engineio/net/router.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace apps::server {

/// A page that links the systems of this process, on a listener of its own: apps/web/index with
/// /systems.json, from which it makes the links. Owned by Hubbub.
class IndexPage final : public engineio::net::HttpHandler {
public:
    struct Link {
        std::string name;   ///< "dungeonlab"
        std::string title;  ///< "DungeonLab"
        std::string hint;   ///< what to try
        std::uint16_t port = 0;
    };

    /// `links` as they are once everything listens; any shard may ask afterwards.
    IndexPage(common::StaticSite site, std::vector<Link> const& links);
    IndexPage(IndexPage const&) = delete;
    IndexPage& operator=(IndexPage const&) = delete;

    void on_request(engineio::net::Request request, engineio::net::Responder responder) override;

private:
    common::StaticSite site_;
    engineio::net::Router routes_;
};

}  // namespace apps::server
