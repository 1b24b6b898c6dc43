/** What holds the manifests to the settings they name and to the Kubernetes API. */
@NullMarked
package heddle.k8s;

import org.jspecify.annotations.NullMarked;
