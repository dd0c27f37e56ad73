#include "apps/common/static_site.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

using apps::common::content_type_of;
using apps::common::StaticSite;
namespace fs = std::filesystem;
namespace net = engineio::net;

namespace {

// A folder of its own that goes away with the test.
struct Folder {
    fs::path path;

    Folder() {
        auto name = (fs::temp_directory_path() / "hubbub-site-XXXXXX").string();
        path = mkdtemp(name.data());
    }
    ~Folder() { fs::remove_all(path); }

    void write(std::string const& name, std::string const& content) const {
        fs::create_directories((path / name).parent_path());
        std::ofstream(path / name) << content;
    }
};

net::Response get(StaticSite const& site, std::string target, net::Headers headers = {},
                  std::string method = "GET") {
    net::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers = std::move(headers);
    return site.answer(request);
}

std::string field(net::Response const& response, std::string const& name) {
    for (auto const& header : response.headers) {
        if (header.name == name) {
            return header.value;
        }
    }
    return {};
}

}  // namespace

TEST_CASE("files are served with their type") {
    Folder folder;
    folder.write("index.html", "<p>home");
    folder.write("sub/app one.js", "run()");
    StaticSite const site(folder.path);
    auto const home = get(site, "/?name=x");
    CHECK(home.status == 200);
    CHECK(home.body == "<p>home");
    CHECK(field(home, "Content-Type") == "text/html; charset=utf-8");
    auto const script = get(site, "/sub/app%20one.js");
    CHECK(script.body == "run()");
    CHECK(field(script, "Content-Type") == "text/javascript; charset=utf-8");
    CHECK(get(site, "/missing").status == 404);
    CHECK(get(site, "/sub/").status == 404);
}

TEST_CASE("an unchanged file is not sent again") {
    Folder folder;
    folder.write("a.txt", "one");
    auto const etag = field(get(StaticSite(folder.path), "/a.txt"), "ETag");
    CHECK(etag.size() == 18);
    CHECK(get(StaticSite(folder.path), "/a.txt", {{"if-none-match", etag}}).status == 304);
    CHECK(get(StaticSite(folder.path), "/a.txt", {{"if-none-match", "W/" + etag}}).body.empty());
    folder.write("a.txt", "two");
    CHECK(get(StaticSite(folder.path), "/a.txt", {{"if-none-match", etag}}).status == 200);
}

TEST_CASE("nothing outside the folder, hidden or linked is served") {
    Folder outside;
    outside.write("secret.txt", "secret");
    Folder folder;
    folder.write(".hidden", "x");
    folder.write(".git/config", "x");
    fs::create_symlink(outside.path / "secret.txt", folder.path / "link.txt");
    StaticSite const site(folder.path);
    auto const way = "/../" + outside.path.filename().string() + "/secret.txt";
    for (auto const& target : {way, std::string("/.hidden"), std::string("/.git/config"),
                               std::string("/link.txt"), std::string("/%2e%2e/secret.txt"),
                               std::string("/%"), std::string("/%zz"), std::string("")}) {
        CHECK_MESSAGE(get(site, target).status == 404, target);
    }
}

TEST_CASE("only GET and HEAD") {
    Folder folder;
    folder.write("index.html", "x");
    StaticSite const site(folder.path);
    CHECK(get(site, "/", {}, "HEAD").status == 200);
    auto const post = get(site, "/", {}, "POST");
    CHECK(post.status == 405);
    CHECK(field(post, "Allow") == "GET, HEAD");
}

TEST_CASE("a single-page application answers unknown paths with its page") {
    Folder folder;
    folder.write("index.html", "app");
    CHECK(get(StaticSite(folder.path, true), "/deep/link").body == "app");
    CHECK(get(StaticSite(), "/").status == 404);
}

TEST_CASE("content types") {
    CHECK(content_type_of("a.css") == "text/css; charset=utf-8");
    CHECK(content_type_of("a.js.map") == "application/json; charset=utf-8");
    CHECK(content_type_of("noending") == "application/octet-stream");
}
